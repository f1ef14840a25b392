"""The machine: acts in any order on the database and on the model; after each all laws hold and both are equal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.machine import strategies as some
from tests.machine.books import Books, Source
from tests.machine.ledgerline import Ledgerline
from tests.machine.lines import lines
from tests.machine.prices import ZERO, Catalogue, Event, History, VendorPrice

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GRACE = timedelta(hours=72)
CLEAR_EVERY = 10
SEEDED = {"free": "2", "pro": "1.5", "pro_max": "1.4", "enterprise_pro": "1.2", "enterprise_max": "1.2"}


def machine_of(ledgerline: Ledgerline) -> type[RuleBasedStateMachine]:
    """Return the machine on that database."""
    examples = count(1)

    class Machine(Rules):
        database = ledgerline

        def teardown(self) -> None:
            if next(examples) % CLEAR_EVERY:
                ledgerline.undo()
            else:
                ledgerline.clear()

    return Machine


class Rules(RuleBasedStateMachine):
    """Everything that can happen, done to both."""

    database: Ledgerline

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.catalogue = Catalogue()
        self.books = Books(self.catalogue)
        self.sent: list[Event] = []
        self.given: list[dict[str, Any]] = []
        self.ids = count(1)
        self.catalogue.policies.change(datetime(2000, 1, 1, tzinfo=UTC), (Decimal("0.001"), Decimal(1)))
        for tier, multiplier in SEEDED.items():
            history: History[Decimal | None] = History()
            history.change(LONG_AGO, Decimal(multiplier))
            self.catalogue.multipliers[tier, None, None] = history

    @initialize(prices=st.lists(some.PRICES, min_size=2, max_size=2), credits_granted=some.AMOUNTS)
    def open(self, prices: list[VendorPrice], credits_granted: Decimal) -> None:
        self.database.set_clock(self.now)
        for user in some.USERS:
            self.database.add_customer(user)
        for provider in some.PROVIDERS:
            for model in some.MODELS:
                self.database.add_model(provider, model)
        for model, price in zip(some.MODELS, prices, strict=True):
            self._price(some.PROVIDERS[0], model, LONG_AGO, price)
        self._grant([self._source(some.USERS[0], credits_granted, Decimal(19), -1, None, 10)])

    # Time

    @rule(step=st.sampled_from([1, 60, 60 * 24, 60 * 72, 60 * 24 * 31]))
    def time_passes(self, step: int) -> None:
        self.now += step * MINUTE
        self.database.set_clock(self.now)

    # What things cost

    @rule(provider=some.PROVIDER, model=some.MODEL, price=st.none() | some.PRICES)
    def price_changes(self, provider: str, model: str, price: VendorPrice | None) -> None:
        self._price(provider, model, self._tomorrow(), price)

    @rule(kind_and_scope=some.SCOPES, multiplier=some.MULTIPLIERS)
    def multiplier_changes(self, kind_and_scope: tuple[str, Any], multiplier: Decimal | None) -> None:
        kind, scope = kind_and_scope
        start = self._tomorrow()
        self.catalogue.multipliers.setdefault(scope, History()).change(start, multiplier)
        self.database.change_multiplier(kind, scope, start, multiplier)

    @rule(unit=st.sampled_from(["0.001", "0.01", "0.0003"]), increment=st.sampled_from(["1", "0.1", "0.25", "0.01"]))
    def policy_changes(self, unit: str, increment: str) -> None:
        start = self._tomorrow()
        self.catalogue.policies.change(start, (Decimal(unit), Decimal(increment)))
        self.database.change_policy(start, Decimal(unit), Decimal(increment))

    @rule(user=some.USER, tier=st.sampled_from(["free", "pro", "enterprise_pro", "perpetual"]))
    def tier_changes(self, user: str, tier: str) -> None:
        start = self._tomorrow()
        self.catalogue.tiers.setdefault(user, History()).change(start, tier)
        self.database.change_tier(user, start, tier)

    # Credits come in and expire

    @rule(
        user=some.USER, amount=some.AMOUNTS, paid=some.PAID, since=st.sampled_from([-48, -1, 0, 1]),
        hours=st.sampled_from([None, 2, 3, 24, 24 * 30]), priority=st.sampled_from([10, 20]),
    )  # fmt: skip
    def credits_are_granted(
        self, user: str, amount: Decimal, paid: Decimal, since: int, hours: int | None, priority: int
    ) -> None:
        self._grant([self._source(user, amount, paid, since, hours, priority)])

    @precondition(lambda self: self.given)
    @rule(which=some.INDEX, amount=some.AMOUNTS)
    def a_grant_is_posted_again(self, which: int, amount: Decimal) -> None:
        old = self.given[which % len(self.given)]
        fresh = self._source(old["user_id"], amount, ZERO, 0, None, 10)
        self._grant([old, fresh])

    @rule()
    def expiries_are_posted(self) -> None:
        expected = self.books.expire(self.now, GRACE)
        assert self.database.expire(self.now, GRACE) == expected

    # Requests are charged

    @rule(request=some.REQUESTS)
    def a_request_is_charged(self, request: some.Request) -> None:
        self._charge([self._event(request)])

    @rule(requests=st.lists(some.REQUESTS, min_size=2, max_size=5), again=st.lists(some.INDEX, max_size=3))
    def a_batch_is_charged(self, requests: list[some.Request], again: list[int]) -> None:
        batch = [self._event(request) for request in requests]
        # From all that was ever sent, so that the very same and the nearly same come again within the batch too.
        self.sent += batch
        batch += [self._again(which) for which in again]
        self._charge(batch)

    @precondition(lambda self: self.sent)
    @rule(which=some.INDEX)
    def a_request_is_sent_again(self, which: int) -> None:
        before = self.database.state()
        self._charge([self.sent[which % len(self.sent)]])
        assert self.database.state() == before

    @precondition(lambda self: self.sent)
    @rule(which=some.INDEX, tokens=some.TOKENS)
    def its_id_is_sent_with_another_body(self, which: int, tokens: tuple[int, int, int, int]) -> None:
        self._charge([replace(self.sent[which % len(self.sent)], tokens=tokens)])

    # Summaries

    @rule(limit=st.sampled_from([1, 3, 200000]))
    def usage_is_folded(self, limit: int) -> None:
        assert self.database.fold(limit) <= limit

    @rule()
    def summaries_are_rebuilt(self) -> None:
        self.database.rebuild()

    # What must be true after every step

    @invariant()
    def every_law_holds(self) -> None:
        broken = self.database.broken()
        assert not broken, f"broken: {broken}"

    @invariant()
    def the_database_is_the_model(self) -> None:
        expected, found = set(lines(self.books)), self.database.state()
        assert found == expected, f"only in the database: {found - expected}\nonly in the model: {expected - found}"

    def _tomorrow(self) -> datetime:
        """Let an instant pass and return it: what has been charged keeps its prices."""
        self.now += MINUTE
        self.database.set_clock(self.now)
        return self.now

    def _id(self) -> str:
        return str(UUID(int=next(self.ids) * 0x9E3779B97F4A7C15 % 2**128, version=4))

    def _price(self, provider: str, model: str, start: datetime, price: VendorPrice | None) -> None:
        dated = replace(price, id=self._id()) if price else None
        self.catalogue.prices.setdefault((provider, model), History()).change(start, dated)
        self.database.change_price(provider, model, start, dated)

    def _source(
        self, user: str, amount: Decimal, paid: Decimal, since: int, hours: int | None, priority: int
    ) -> dict[str, Any]:
        effective = self.now + timedelta(hours=since)
        return {
            "user_id": user, "id": self._id(), "source": "bonus", "category": "paid" if paid else "promotional",
            "granted": amount, "paid_usd": paid, "effective_at": effective,
            "expires_at": None if hours is None else effective + timedelta(hours=hours),
            "priority": priority, "origin": "test", "reason": "bonus",
        }  # fmt: skip

    def _grant(self, grants: list[dict[str, Any]]) -> None:
        given = [(grant["user_id"], _source(grant, self.now), grant["reason"]) for grant in grants]
        self.given += grants
        assert self.database.grant(grants) == self.books.grant(given, self.now)

    def _event(self, request: some.Request) -> Event:
        started = self.now - request.ago
        completed = None if request.took is None else started + request.took
        return Event(
            user=request.user, request_id=self._id(), provider=request.provider, model=request.model,
            tokens=request.tokens, status=request.status, key_mode=request.key_mode, reported=request.reported,
            estimated=request.estimated, started=started, completed=completed,
        )  # fmt: skip

    def _again(self, which: int) -> Event:
        event = self.sent[which // 2 % len(self.sent)]
        return replace(event, status="failed") if which % 2 else event

    def _charge(self, batch: list[Event]) -> None:
        expected = self.books.charge(batch, self.now)
        assert self.database.charge(batch) == expected
        self.sent += batch


def _source(grant: dict[str, Any], now: datetime) -> Source:
    return Source(
        id=grant["id"], category=grant["category"], granted=grant["granted"], remaining=grant["granted"],
        paid=grant["paid_usd"], effective=grant["effective_at"], expires=grant["expires_at"],
        priority=grant["priority"], created=now,
    )  # fmt: skip
