"""What the machine's rules share: both worlds, the clock, and acts that are done to both."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine

from tests.machine import acts
from tests.machine import strategies as some
from tests.machine.books import Books, Source
from tests.machine.ledgerline import Ledgerline
from tests.machine.prices import Catalogue, Event, History, VendorPrice

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SEEDED = {"free": "2", "pro": "1.5", "pro_max": "1.4", "enterprise_pro": "1.2", "enterprise_max": "1.2"}


class World(RuleBasedStateMachine):
    """The database and the model of it."""

    database: Ledgerline

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.catalogue = Catalogue()
        self.books = Books(self.catalogue)
        self.sent: list[Event] = []
        self.held: list[Event] = []
        self.deducted: list[tuple[str, str, Decimal]] = []
        self.given: list[dict[str, Any]] = []
        self.ids = count(1)
        self.catalogue.policies.change(datetime(2000, 1, 1, tzinfo=UTC), (Decimal("0.001"), Decimal(1)))
        for tier, multiplier in SEEDED.items():
            history: History[Decimal | None] = History()
            history.change(LONG_AGO, Decimal(multiplier))
            self.catalogue.multipliers[tier, None, None] = history

    def tomorrow(self) -> datetime:
        """Let an instant pass and return it: what has been charged keeps its prices."""
        self.now += MINUTE
        self.database.set_clock(self.now)
        return self.now

    def id(self) -> str:
        return str(UUID(int=next(self.ids) * 0x9E3779B97F4A7C15 % 2**128, version=4))

    def price(self, provider: str, model: str, start: datetime, price: VendorPrice | None) -> None:
        dated = replace(price, id=self.id()) if price else None
        self.catalogue.prices.setdefault((provider, model), History()).change(start, dated)
        self.database.change_price(provider, model, start, dated)

    def source(self, user: str, lot: some.Lot) -> dict[str, Any]:
        effective = self.now + lot.since
        return {
            "user_id": user, "id": self.id(), "source": "bonus", "category": "paid" if lot.paid else "promotional",
            "granted": lot.amount, "paid_usd": lot.paid, "effective_at": effective,
            "expires_at": lot.lives and effective + lot.lives, "priority": lot.priority, "origin": "test",
            "reason": "bonus",
        }  # fmt: skip

    def grant(self, grants: list[dict[str, Any]]) -> None:
        given = [(grant["user_id"], _source(grant, self.now), grant["reason"]) for grant in grants]
        self.given += grants
        assert self.database.grant(grants) == self.books.grant(given, self.now)

    def event(self, request: some.Request) -> Event:
        started = self.now - request.ago
        completed = None if request.took is None else started + request.took
        return Event(
            user=request.user, request_id=self.id(), provider=request.provider, model=request.model,
            tokens=request.tokens, status=request.status, key_mode=request.key_mode, reported=request.reported,
            estimated=request.estimated, started=started, completed=completed,
        )  # fmt: skip

    def again(self, which: int) -> Event:
        event = self.sent[which // 2 % len(self.sent)]
        return replace(event, status="failed") if which % 2 else event

    def charge(self, batch: list[Event]) -> None:
        expected = self.books.charge(batch, self.now)
        assert self.database.charge(batch) == expected
        self.sent += batch

    def charge_one(self, event: Event) -> None:
        assert [self.database.charge_one(event)] == self.books.charge([event], self.now)
        self.sent.append(event)

    def asked(self, user: str, share: str) -> Decimal:
        """An amount that means something: about what is left, or nearly all, or a little too much."""
        return some.amount_of(share, acts.spendable(self.books.accounts[user], self.now))

    def placed(self) -> list[Event]:
        return [event for event in self.held if event.request_id in self.books.accounts[event.user].holds]

    def hold(self, event: Event, amount: Decimal, lives: timedelta) -> None:
        expected = acts.hold(self.books, event.user, event.request_id, amount, self.now, lives)
        assert self.database.hold(event.user, event.request_id, amount, lives) == expected

    def deduct(self, user: str, request: str, amount: Decimal) -> None:
        expected = acts.deduct(self.books, user, request, amount, self.now)
        assert self.database.deduct(user, request, amount) == expected
        self.deducted.append((user, request, amount))


def _source(grant: dict[str, Any], now: datetime) -> Source:
    return Source(
        id=grant["id"], category=grant["category"], granted=grant["granted"], remaining=grant["granted"],
        paid=grant["paid_usd"], effective=grant["effective_at"], expires=grant["expires_at"],
        priority=grant["priority"], created=now,
    )  # fmt: skip
