"""Giving back: the rules by themselves, and the database doing exactly what they say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, CursorResult, text

from dashboard.embedded import Urls
from dashboard.engine.reversals import Drawn, Lot, NotReversedError, Restored, left_to_reverse, reverse
from dashboard.reports.checks import broken
from tests.conftest import owned
from tests.engine.worlds import NOON

CUSTOMER = UUID(int=1, version=4)
GRACE = timedelta(hours=5)
DRAWS = text("""
    select
        draw.source_id::text as name, draw.credits, draw.realised_revenue_usd as realised_usd, draw.returned,
        source.granted, source.remaining, source.paid_usd, source.expires_at,
        source.expiry_posted_at is not null as expiry_posted, draw.is_clawed_back as clawed_back
    from reversible_draws(:user, :seq) as draw
    join user_credit_source as source on source.user_id = :user and source.id = draw.source_id
    order by draw.position
""")
POSTINGS = text("""
    select
        coalesce(drawn.source_id, source.replaces_source_id)::text as name,
        draw.amount as credits, draw.realised_revenue_usd as realised_usd
    from credit_source_draw as draw
    join credit_deduction_ledger as entry on entry.user_id = draw.user_id and entry.seq = draw.seq
    join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
    left join credit_source_draw as drawn
        on drawn.user_id = draw.user_id and drawn.seq = entry.reverses_seq and drawn.source_id = draw.source_id
    where draw.user_id = :user and draw.seq = :seq
    order by draw.position
""")
MADE = text("""
    select source.granted, source.paid_usd, source.expires_at
    from credit_source_draw as opening
    join user_credit_source as source on source.user_id = opening.user_id and source.id = opening.source_id
    where opening.user_id = :user and opening.seq = :seq and source.source = 'replacement'
        and not exists (
            select from credit_source_draw as earlier
            where earlier.user_id = opening.user_id and earlier.source_id = opening.source_id and earlier.seq < opening.seq
        )
    order by opening.position
""")
REVERSE = text("""
    select outcome, seq, credits_left, credits_lost, created_at
    from reverse_entry(
        :user, :seq, :credits, 'goodwill', null, null, null, :grace, p_posted_at => cast(:now as timestamptz)
    )
""")


def lot(name: str, granted: int, remaining: int, paid: int, **more: object) -> Lot:
    return Lot(name, Decimal(granted), Decimal(remaining), Decimal(paid), **more)  # type: ignore[arg-type]  # facts of one test


def drawn(of: Lot, amount: int, realised: str, returned: int = 0) -> Drawn:
    return Drawn(of, Decimal(amount), Decimal(realised), Decimal(returned))


def test_the_last_drawn_gets_its_credits_back_first() -> None:
    first, last = lot("A", 10, 0, 1), lot("B", 10, 5, 2)
    restored = reverse(Decimal(7), [drawn(first, 10, "1"), drawn(last, 5, "1")], NOON, GRACE)
    assert [(each.lot.name, each.credits, each.realised_usd) for each in restored] == [
        ("B", Decimal(5), Decimal(-1)),
        ("A", Decimal(2), Decimal("-0.2")),
    ]


@pytest.mark.parametrize(("expires_at", "is_replacement"), [(NOON, True), (NOON + timedelta(microseconds=1), False)])
def test_a_grant_takes_credits_back_until_the_instant_it_expires(expires_at: datetime, is_replacement: bool) -> None:  # noqa: FBT001 - a column of the table above
    (restored,) = reverse(
        None, [drawn(lot("A", 3, 1, 1, expires_at=expires_at), 2, "0.666666666666666667")], NOON, GRACE
    )
    assert restored.is_replacement is is_replacement
    assert restored.realised_usd == Decimal("-0.666666666666666667")
    if is_replacement:
        assert (restored.paid_usd, restored.expires_at) == (Decimal("0.666666666666666667"), NOON + GRACE)


def test_what_was_clawed_back_is_not_restored_and_never_more_than_is_left() -> None:
    draws = [drawn(lot("A", 10, 0, 1), 10, "1", returned=4), drawn(lot("B", 10, 0, 1, clawed_back=True), 10, "1")]
    assert left_to_reverse(draws) == 6
    assert [(each.lot.name, each.credits) for each in reverse(None, draws, NOON, GRACE)] == [("A", Decimal(6))]
    with pytest.raises(NotReversedError, match=r"6 credits are left. 10 came from a grant that was clawed back"):
        reverse(Decimal("6.000001"), draws, NOON, GRACE)


@pytest.fixture(scope="module")
def owner_of_nothing_yet(database: Urls) -> Iterator[Connection]:
    with owned(database) as connection:
        yield connection.execution_options(isolation_level="READ COMMITTED")


def foreseen(asked: Decimal | None, draws: list[Drawn], now: datetime) -> tuple[str, list[Restored]]:
    """What the engine says: an outcome, and what is given back."""
    try:
        return "reversed", reverse(asked, draws, now, GRACE)
    except NotReversedError as refusal:
        return refusal.outcome, []


@dataclass
class Scene:
    """One customer whose grants come and go while entries are made and given back."""

    connection: Connection
    chance: Random
    now: datetime = NOON

    def does(self, statement: str, **named: object) -> CursorResult[Any]:
        return self.connection.execute(text(statement), {"user": CUSTOMER, "now": self.now, **named})

    def grant(self) -> None:
        credits_granted = Decimal(self.chance.choice([1, 3, 7, 20, 100])) + Decimal(self.chance.randint(0, 1)) / 7
        grant: dict[str, object] = {
            "user_id": str(CUSTOMER),
            "id": str(UUID(int=self.chance.getrandbits(128), version=4)),
            "source": "opening",
            "category": self.chance.choice(["paid", "allowance"]),
            "granted": str(round(credits_granted, 6)),
            "paid_usd": self.chance.choice(["0", "1", "9.99"]),
            "effective_at": self.now.isoformat(),
            "expires_at": (self.now + timedelta(hours=self.chance.randint(1, 8))).isoformat(),
            "priority": 10,
            "origin": "test",
            "reason": "opening",
        }
        if self.chance.random() < 0.3:
            grant["expires_at"] = None
        self.does("select post_grants(cast(:grants as jsonb), :now)", grants=json.dumps([grant]))

    def use(self) -> None:
        spendable = self.does("select spendable_credits(:user, :now)").scalar_one()
        if spendable > 0:
            amount = round(spendable * self.chance.randint(1, 8) / 8, 6) or spendable
            request_id = UUID(int=self.chance.getrandbits(128), version=4)
            self.does(
                "select deduct_credits(:user, :request, sha256(''), :amount, p_now => :now)",
                request=request_id,
                amount=amount,
            )

    def expire(self) -> None:
        self.does("select post_expiries(:now, interval '2 hours')")

    def reverse(self) -> None:
        """Let engine and database give back the same, and compare."""
        entries = self.does("select seq from credit_deduction_ledger where user_id = :user and reason = 'deduct'")
        if not (known := sorted(entries.scalars())):
            return
        seq = self.chance.choice(known)
        draws = self.draws(seq)
        left = left_to_reverse(draws)
        asked = self.chance.choice([None, round(left / 3, 6) or None, left + Decimal("0.000001")])
        outcome, expected = foreseen(asked, draws, self.now)
        named = {"user": CUSTOMER, "seq": seq, "credits": asked, "grace": GRACE, "now": self.now}
        found = self.connection.execute(REVERSE, named).one()
        assert found.outcome == outcome
        if outcome == "reversed":
            self.compare(found.seq, expected)
            assert found.credits_left == left_to_reverse(self.draws(seq))

    def compare(self, seq: int, expected: list[Restored]) -> None:
        postings = self.connection.execute(POSTINGS, {"user": CUSTOMER, "seq": seq})
        assert [tuple(row) for row in postings] == [
            (each.lot.name, each.credits, each.realised_usd) for each in expected
        ]
        made = self.connection.execute(MADE, {"user": CUSTOMER, "seq": seq})
        assert [tuple(row) for row in made] == [
            (each.credits, each.paid_usd, each.expires_at) for each in expected if each.is_replacement
        ]

    def draws(self, seq: int) -> list[Drawn]:
        found = self.connection.execute(DRAWS, {"user": CUSTOMER, "seq": seq}).mappings()
        of_draw = ("credits", "realised_usd", "returned")
        return [
            Drawn(
                Lot(**{name: value for name, value in row.items() if name not in of_draw}),
                *(row[name] for name in of_draw),
            )
            for row in found
        ]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_database_gives_back_what_the_engine_says(owner_of_nothing_yet: Connection, seed: int) -> None:
    with owner_of_nothing_yet.begin() as transaction:
        scene = Scene(owner_of_nothing_yet, Random(seed))
        scene.does("insert into users (id, email, name, registered_at) values (:user, 'a@example.test', 'A', :now)")
        scene.grant()
        for _ in range(scene.chance.randint(5, 25)):
            scene.chance.choice([scene.grant, scene.use, scene.use, scene.reverse, scene.reverse, scene.expire])()
            scene.now += timedelta(hours=scene.chance.choice([0, 0, 1, 3]))
        breaks = broken(owner_of_nothing_yet)
        breaks.pop("deductions_were_asked_for", None)
        assert breaks == {}
        transaction.rollback()
