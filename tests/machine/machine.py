"""The machine: acts in any order on the database and on the model; after each all laws hold and both are equal."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.machine import acts
from tests.machine import strategies as some
from tests.machine.ledgerline import Ledgerline
from tests.machine.lines import lines
from tests.machine.prices import History, VendorPrice
from tests.machine.world import LONG_AGO, World

GRACE, REPLACED = timedelta(hours=72), timedelta(days=30)
CAP = Decimal(4000)
CLEAR_EVERY = 10


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


class Rules(World):
    """Everything that can happen, done to both."""

    @initialize(prices=st.lists(some.PRICES, min_size=2, max_size=2), lots=st.lists(some.LOTS, min_size=1, max_size=3))
    def open(self, prices: list[VendorPrice], lots: list[some.Lot]) -> None:
        self.database.set_clock(self.now)
        for user in some.USERS:
            self.database.add_customer(user)
        self.database.set_cap(some.USERS[1], CAP)
        self.books.accounts[some.USERS[1]].cap = CAP
        for provider in some.PROVIDERS:
            for model in some.MODELS:
                self.database.add_model(provider, model)
        for model, price in zip(some.MODELS, prices, strict=True):
            self.price(some.PROVIDERS[0], model, LONG_AGO, price)
        self.grant([self.source(user, lot) for user in some.USERS for lot in lots])

    # Time

    @rule(step=some.STEPS, posting=st.booleans())
    def time_passes(self, step: timedelta, *, posting: bool) -> None:
        self.now += step
        self.database.set_clock(self.now)
        if posting:
            expected = self.books.expire(self.now, GRACE)
            assert self.database.expire(self.now, GRACE) == expected

    # What things cost

    @rule(provider=some.PROVIDER, model=some.MODEL, price=st.none() | some.PRICES)
    def price_changes(self, provider: str, model: str, price: VendorPrice | None) -> None:
        self.price(provider, model, self.tomorrow(), price)

    @rule(kind_and_scope=some.SCOPES, multiplier=some.MULTIPLIERS)
    def multiplier_changes(self, kind_and_scope: tuple[str, Any], multiplier: Decimal | None) -> None:
        kind, scope = kind_and_scope
        start = self.tomorrow()
        self.catalogue.multipliers.setdefault(scope, History()).change(start, multiplier)
        self.database.change_multiplier(kind, scope, start, multiplier)

    @rule(unit=st.sampled_from(["0.001", "0.01", "0.0003"]), increment=st.sampled_from(["1", "0.1", "0.25", "0.01"]))
    def policy_changes(self, unit: str, increment: str) -> None:
        start = self.tomorrow()
        self.catalogue.policies.change(start, (Decimal(unit), Decimal(increment)))
        self.database.change_policy(start, Decimal(unit), Decimal(increment))

    @rule(user=some.USER, tier=st.sampled_from(["free", "pro", "enterprise_pro", "perpetual"]))
    def tier_changes(self, user: str, tier: str) -> None:
        start = self.tomorrow()
        self.catalogue.tiers.setdefault(user, History()).change(start, tier)
        self.database.change_tier(user, start, tier)

    # Credits come in and expire

    @rule(user=some.USER, lot=some.LOTS)
    def credits_are_granted(self, user: str, lot: some.Lot) -> None:
        self.grant([self.source(user, lot)])

    @precondition(lambda self: self.given)
    @rule(which=some.INDEX, lot=some.LOTS)
    def a_grant_is_posted_again(self, which: int, lot: some.Lot) -> None:
        old = self.given[which % len(self.given)]
        self.grant([old, self.source(old["user_id"], lot)])

    # Requests are charged

    @rule(request=some.REQUESTS)
    def a_request_is_charged(self, request: some.Request) -> None:
        self.charge_one(self.event(request))

    @rule(requests=st.lists(some.REQUESTS, min_size=2, max_size=5), again=st.lists(some.INDEX, max_size=3))
    def a_batch_is_charged(self, requests: list[some.Request], again: list[int]) -> None:
        batch = [self.event(request) for request in requests]
        # From all that was ever sent, so that the very same and the nearly same come again within the batch too.
        self.sent += batch
        batch += [self.again(which) for which in again]
        self.charge(batch)

    @precondition(lambda self: self.sent)
    @rule(which=some.INDEX)
    def a_request_is_sent_again(self, which: int) -> None:
        before = self.database.state()
        self.charge([self.sent[which % len(self.sent)]])
        self.charge_one(self.sent[which % len(self.sent)])
        assert self.database.state() == before

    @precondition(lambda self: self.sent)
    @rule(which=some.INDEX, tokens=some.TOKENS)
    def its_id_is_sent_with_another_body(self, which: int, tokens: tuple[int, int, int, int]) -> None:
        other = replace(self.sent[which % len(self.sent)], tokens=tokens)
        self.charge([other])
        self.charge_one(other)

    # Asking first

    @rule(request=some.REQUESTS, share=some.SHARES, lives=some.LIVES)
    def credits_are_held(self, request: some.Request, share: str, lives: timedelta) -> None:
        event = self.event(request)
        self.held.append(event)
        self.hold(event, self.asked(event.user, share), lives)

    @precondition(lambda self: self.held)
    @rule(which=some.INDEX, share=some.SHARES, lives=some.LIVES)
    def credits_are_held_again(self, which: int, share: str, lives: timedelta) -> None:
        event = self.held[which % len(self.held)]
        found = self.books.accounts[event.user].holds.get(event.request_id)
        same = found and which % 2
        self.hold(event, found.credits if found and same else self.asked(event.user, share), lives)

    @precondition(lambda self: self.placed())
    @rule(which=some.INDEX, tokens=st.none() | some.TOKENS)
    def a_hold_is_settled(self, which: int, tokens: tuple[int, int, int, int] | None) -> None:
        placed = self.placed()
        event = placed[which % len(placed)]
        event = replace(event, tokens=tokens) if tokens else event
        assert self.database.settle(event) == acts.settle(self.books, event, self.now)

    @precondition(lambda self: self.placed())
    @rule(which=some.INDEX)
    def a_hold_is_released(self, which: int) -> None:
        placed = self.placed()
        event = placed[which % len(placed)]
        assert self.database.release(event.user, event.request_id) == acts.release(
            self.books, event.user, event.request_id
        )

    @precondition(lambda self: self.held)
    @rule(which=some.INDEX)
    def a_held_request_is_reported_without_its_hold(self, which: int) -> None:
        self.charge_one(self.held[which % len(self.held)])

    @rule(user=some.USER, share=some.SHARES)
    def credits_are_deducted(self, user: str, share: str) -> None:
        self.deduct(user, self.id(), self.asked(user, share))

    @precondition(lambda self: self.sent or self.held)
    @rule(which=some.INDEX, share=some.SHARES)
    def credits_are_deducted_for_a_known_request(self, which: int, share: str) -> None:
        known = [*self.sent, *self.held]
        event = known[which % len(known)]
        self.deduct(event.user, event.request_id, self.asked(event.user, share))

    @precondition(lambda self: self.deducted)
    @rule(which=some.INDEX, same=st.booleans())
    def credits_are_deducted_again(self, which: int, *, same: bool) -> None:
        user, request, before = self.deducted[which % len(self.deducted)]
        self.deduct(user, request, before if same else before + 1)

    # Giving back

    @rule(user=some.USER, which=some.INDEX, share=some.SHARES, taking=st.booleans())
    def an_entry_is_reversed(self, user: str, which: int, share: str, *, taking: bool) -> None:
        account = self.books.accounts[user]
        entries = [entry for entry in account.entries if entry.amount < 0 or not taking]
        if entries:
            entry = entries[which % len(entries)]
            amount = None if share == "rest" else some.amount_of(share, abs(entry.amount))
            outcome, ids = self.database.reverse(user, entry.seq, amount, REPLACED)
            assert outcome == acts.reverse(self.books, user, entry.seq, amount, self.now, REPLACED, iter(ids))

    # Summaries

    @rule(limit=st.sampled_from([None, 1, 3, 200000]))
    def usage_is_folded_or_rebuilt(self, limit: int | None) -> None:
        if limit is None:
            self.database.rebuild()
        else:
            assert self.database.fold(limit) <= limit

    # What must be true after every step

    @invariant()
    def every_law_holds(self) -> None:
        broken = self.database.broken()
        assert not broken, f"broken: {broken}"

    @invariant()
    def the_database_is_the_model(self) -> None:
        expected, found = set(lines(self.books, self.now)), self.database.state()
        assert found == expected, f"only in the database: {found - expected}\nonly in the model: {expected - found}"
