"""Two years under a simulated clock: plans begin on the last days of months, change and end at random instants."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from dashboard import db
from dashboard.actions.add_customers import add_customers
from dashboard.actions.advance_subscriptions import advance_subscriptions
from dashboard.actions.cancel_subscription import cancel_subscription, reactivate_subscription
from dashboard.actions.change_interval import change_interval
from dashboard.actions.change_plan import change_plan
from dashboard.actions.pay_invoice import pay_invoice
from dashboard.actions.post_expiries import post_expiries
from dashboard.actions.record_usage import record_usage
from dashboard.actions.subscribe import Order, subscribe
from dashboard.actions.suspend_subscription import resume_subscription, suspend_subscription
from dashboard.engine.actors import SHELL
from dashboard.engine.customers import NewCustomer, first_seen
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.rating import Tokens
from dashboard.engine.usage import UsageEvent
from dashboard.reports.checks import broken
from dashboard.store.billing import BillingInvoice
from dashboard.store.customers import Subscription

# A leap day lies in it, and it begins on the last day of a month.
BEGIN = datetime(2023, 3, 31, tzinfo=UTC)
DAY = timedelta(days=1)
TIERS = ("pro", "pro_max", "enterprise_pro", "enterprise_max")
CUSTOMERS = 4
# How likely a customer does something on a day.
ACTS_A_DAY = 0.07
# How likely somebody pays what is open, every fifth day.
PAYS = 0.7
# Audit lines carry the simulated time of day but are sealed by the real one.
NOT_OF_THE_BOOKS = {"audit_chain_unbroken"}


class Clock:
    """Customers, their acts at random instants, and the jobs at every midnight; the same for the same seed."""

    def __init__(self, app: Flask, seed: int) -> None:
        self.app = app
        self.random = random.Random(seed)
        self.refused = self.done = 0
        self.people = [first_seen(f"clock-{seed}-{number}@example.com", BEGIN - 5 * DAY) for number in range(CUSTOMERS)]
        with app.app_context():
            add_customers(self.people, actor=SHELL, now=BEGIN)

    def run(self, months: int, *, every: int = 1, each_night: bool = False) -> None:
        """Let so many months pass, the jobs at every so-manieth midnight; the laws hold at month's ends, or every night."""
        now, end = BEGIN, BEGIN + timedelta(days=months * 30 + months // 2)
        for number, person in enumerate(self.people):
            # The 28th to the 31st, at any time of the day.
            self._try(Clock._subscribe, person, BEGIN - number % 4 * DAY + self._time())
        while now < end:
            for person in self.people:
                if self.random.random() < ACTS_A_DAY:
                    self._try(self.random.choice(ACTS), person, now + self._time())
            now += DAY
            if now.day % 5 == 0:
                for person in self.people:
                    if self.random.random() < PAYS:
                        self._try(Clock._pay, person, now - self._time())
            if (now - BEGIN).days % every == 0:
                with self.app.app_context():
                    assert advance_subscriptions(now, posted_at=now).failed == 0
                    post_expiries(now)
            if each_night or now.day == 1:
                self.refuse_broken_books(now)

    def refuse_broken_books(self, now: datetime) -> None:
        """Fail, naming the law and the night."""
        with self.app.app_context(), db.snapshot() as connection:
            found = {law: count for law, count in broken(connection).items() if law not in NOT_OF_THE_BOOKS}
        assert not found, f"{now:%Y-%m-%d}: {found}"

    def _time(self) -> timedelta:
        return timedelta(microseconds=self.random.randrange(86_400_000_000))

    def _try(self, act: Callable[["Clock", NewCustomer, datetime], None], person: NewCustomer, now: datetime) -> None:
        with self.app.app_context():
            try:
                act(self, person, now)
                self.done += 1
            except RuleBrokenError as error:
                assert "othing was changed" in str(error)  # noqa: PT017 - what is refused is not what is tested
                self.refused += 1

    def _plan(self, person: NewCustomer) -> tuple[UUID, UUID]:
        with db.transaction() as session:
            wanted = select(Subscription.id).where(Subscription.user_id == person.user_id)
            found = session.scalars(wanted.order_by(Subscription.started_at.desc()).limit(1)).one()
        return person.user_id, found

    def _subscribe(self, person: NewCustomer, now: datetime) -> None:
        tier, cycle = self.random.choice(TIERS), self.random.choice(("monthly", "monthly", "annual"))
        trial, reset = self.random.random() < 0.3, self.random.choice((None, 28, 29, 30, 31))
        order = Order(person.user_id, tier, cycle, with_trial=trial, reset_day=reset)
        subscribe(SHELL, order, now=now, posted_at=now)

    def _change(self, person: NewCustomer, now: datetime) -> None:
        change_plan(SHELL, *self._plan(person), self.random.choice(TIERS), now=now, posted_at=now)

    def _interval(self, person: NewCustomer, now: datetime) -> None:
        cycle = self.random.choice(("monthly", "annual"))
        change_interval(SHELL, *self._plan(person), cycle, now=now, posted_at=now)

    def _cancel(self, person: NewCustomer, now: datetime) -> None:
        at_once = self.random.random() < 0.3
        cancel_subscription(SHELL, *self._plan(person), at_once=at_once, reason="other", now=now, posted_at=now)

    def _reactivate(self, person: NewCustomer, now: datetime) -> None:
        reactivate_subscription(SHELL, *self._plan(person), now=now, posted_at=now)

    def _suspend(self, person: NewCustomer, now: datetime) -> None:
        suspend_subscription(SHELL, *self._plan(person), now=now, posted_at=now)

    def _resume(self, person: NewCustomer, now: datetime) -> None:
        resume_subscription(SHELL, *self._plan(person), now=now, posted_at=now)

    def _pay(self, person: NewCustomer, now: datetime) -> None:
        with db.transaction() as session:
            wanted = select(BillingInvoice).where(
                BillingInvoice.user_id == person.user_id, BillingInvoice.status == "open"
            )
            due = [(one.id, one.total_usd) for one in session.scalars(wanted)]
        for invoice_id, total in due:
            pay_invoice(
                SHELL, person.user_id, invoice_id, reference=invoice_id.hex, amount_usd=total, now=now, posted_at=now
            )

    def _use(self, person: NewCustomer, now: datetime) -> None:
        event = UsageEvent(
            customer=person.email,
            request_id=UUID(int=self.random.getrandbits(128), version=4),
            external_id=None,
            provider="openai",
            model="gpt-4o",
            service="chat",
            request_type="completion",
            status="success",
            key_mode="system",
            tokens=Tokens(1000, 0, 0, 10),
            vendor_cost_usd=Decimal(self.random.randrange(1, 20_000_000)) / 1_000_000,
            cost_estimated=False,
            experiment_id=None,
            metadata=None,
            started_at=now,
            completed_at=now,
        )
        assert record_usage([event], simulated=True)[0].outcome == "charged"


ACTS: tuple[Callable[[Clock, NewCustomer, datetime], None], ...] = (
    *(Clock._use,) * 3,
    *(Clock._change,) * 3,
    *(Clock._subscribe,) * 4,
    Clock._interval,
    Clock._cancel,
    Clock._reactivate,
    Clock._suspend,
    Clock._resume,
)
