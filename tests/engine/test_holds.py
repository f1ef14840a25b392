"""What can be spent, what is held, and when a question is refused: the rules alone, and the database beside them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dashboard import db
from dashboard.engine.asking import RefusedError
from dashboard.engine.charging import Grant, after, charge
from dashboard.engine.credits import DEFAULT_POLICY
from dashboard.engine.holds import Hold, cap_left, estimated_credits, held, month_of, refusal, spendable
from dashboard.engine.rating import Price, Rates, Rule, Tokens
from tests.holds import world

NOON = datetime(2026, 6, 16, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def grant(remaining: int, start: datetime = NOON, end: datetime | None = None) -> Grant:
    return Grant(UUID(int=remaining), Decimal(remaining), Decimal(remaining), Decimal(0), start, end, 10)


def hold(credits_held: int, minutes: int = 10, **ended: datetime) -> Hold:
    return Hold(Decimal(credits_held), NOON + timedelta(minutes=minutes), **ended)


def test_only_sources_valid_now_can_be_spent_from_their_first_instant_to_before_their_last() -> None:
    dated = grant(5, NOON, NOON + SECOND)
    assert [spendable([dated], [], NOON + SECOND * n) for n in (-1, 0, 1)] == [0, 5, 0]


def test_open_holds_count_and_ended_ones_do_not() -> None:
    holds = [hold(1), hold(2, settled_at=NOON), hold(4, released_at=NOON), hold(8, minutes=0)]
    assert [each.state(NOON) for each in holds] == ["open", "settled", "released", "expired"]
    assert held(holds, NOON) == 1
    assert spendable([grant(5)], holds, NOON) == 4


def test_what_can_be_spent_is_never_below_zero() -> None:
    assert spendable([grant(5)], [hold(9)], NOON) == 0


def test_a_month_is_a_calendar_month_in_utc() -> None:
    new_year = datetime.fromisoformat("2027-01-01T00:30:00+01:00")
    assert month_of(new_year) == datetime(2026, 12, 1, tzinfo=UTC)


def test_a_cap_counts_what_was_used_and_what_is_held() -> None:
    assert cap_left(None, Decimal(9), [hold(1)], NOON) is None
    assert cap_left(Decimal(10), Decimal(7), [hold(1)], NOON) == 2
    assert cap_left(Decimal(10), Decimal(11), [], NOON) == -1


@pytest.mark.parametrize(
    ("wanted", "left", "said"), [(5, None, None), (6, None, "short"), (5, 5, None), (5, 4, "over_cap"), (0, 0, None)]
)
def test_a_question_is_refused_above_what_can_be_spent_or_what_the_cap_leaves(
    wanted: int, left: int | None, said: str | None
) -> None:
    assert refusal(Decimal(wanted), Decimal(5), None if left is None else Decimal(left)) == said


def test_an_estimate_is_rated_like_the_request_and_nobody_knows_without_a_price() -> None:
    price = Price(UUID(int=1), Rates(Decimal("0.005"), Decimal("0.015")))
    rules = [Rule(UUID(int=2), "tier", Decimal("1.5"))]
    tokens = Tokens(uncached=1000, output=2000)
    assert estimated_credits(tokens, price, rules, DEFAULT_POLICY) == 53
    assert estimated_credits(tokens, None, rules, DEFAULT_POLICY) is None


STEPS = st.lists(
    st.tuples(st.sampled_from(["hold", "deduct", "spend"]), st.integers(1, 60), st.integers(0, 30)), max_size=12
)


@settings(max_examples=30, deadline=None)
@given(steps=STEPS)
def test_the_database_answers_like_the_rules(books_of_many: "Books", steps: list[tuple[str, int, int]]) -> None:
    books_of_many.begin()
    minute = 0
    for act, credits_asked, passed in steps:
        minute += passed
        books_of_many.ask(act, credits_asked, minute)


class Books:
    """Ada's credits in the database, and the same by the rules."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.number = 0
        self.base = 0
        self.minute = 0

    def begin(self) -> None:
        # Each example goes on long after the last: only its own grants are valid then.
        self.base = self.minute = self.minute + 1_000
        start = world.at(self.base)
        self.holds: list[Hold] = []
        self.grants = []
        for credits_granted, minutes in ((50, 40), (70, 90)):
            self.number += 1
            name, end = f"grant {self.number}", start + timedelta(minutes=minutes)
            with self.app.app_context():
                world.grant(credits_granted, name, effective_at=start, expires_at=end, paid_usd=Decimal(0))
            amount = Decimal(credits_granted)
            grant_id = uuid5(world.ADA.user_id, name)
            self.grants.append(Grant(grant_id, amount, amount, Decimal(0), start, end, 20))

    def ask(self, act: str, credits_asked: int, minute: int) -> None:
        self.minute = self.base + minute
        self.number += 1
        now = world.at(self.minute)
        with self.app.app_context():
            found = self._spendable(now)
            assert found == spendable(self.grants, self.holds, now)
            if act == "spend":
                return
            expected = refusal(Decimal(credits_asked), found, None)
            try:
                (world.hold if act == "hold" else world.deduct)(self.number, credits_asked, self.minute)
                said = None
            except RefusedError as error:
                said = error.outcome
        assert said == expected
        if said is None and act == "hold":
            self.holds.append(Hold(Decimal(credits_asked), now + timedelta(minutes=10)))
        elif said is None:
            self.grants = after(self.grants, charge(Decimal(credits_asked), now, self.grants))

    def _spendable(self, now: datetime) -> Decimal:
        sql = "select spendable_credits(:user, :now)"
        with db.snapshot() as connection:
            return Decimal(connection.execute(text(sql), {"user": world.ADA.user_id, "now": now}).scalar_one())


@pytest.fixture(scope="module")
def books_of_many(app: Flask) -> Books:
    world.open_world(app, credits=0)
    return Books(app)
