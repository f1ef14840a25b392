"""Small ledgers as text: what happens on which day goes in, the ledger with its postings comes out.

day 0: grant A 100 for $10 until 10
day 1: use 30
day 12: reverse 2
day 12: reverse 2 by 10
day 13: expire
day 14: claw back A
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid5

from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.add_customers import add_customers
from dashboard.actions.post_expiries import post_expiries
from dashboard.actions.post_grants import post_grants
from dashboard.actions.record_usage import record_usage
from dashboard.actions.reverse_entry import ReversalWanted, reverse_entry
from dashboard.engine.actors import SHELL
from dashboard.engine.customers import NewCustomer
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.grants import CreditGrant
from dashboard.engine.rating import Tokens
from dashboard.engine.usage import UsageEvent
from dashboard.reports.checks import broken

START = datetime(2026, 9, 1, tzinfo=UTC)
ADA = NewCustomer("ada@example.com", "Ada Byron", "free", "monthly", START, 1)
FREE_MULTIPLIER, UNIT_USD = Decimal(2), Decimal("0.001")
PRIORITIES = {"paid": 30, "promotional": 20, "allowance": 10}

_numbers = count(1)


def day(number: int) -> datetime:
    """Noon of a day of the story."""
    return START + timedelta(days=number, hours=12)


def request_id(number: int) -> UUID:
    """The id of the customer's n-th request, failed ones counted."""
    return UUID(int=number, version=4)


class Story:
    """One customer's ledger, written by the application's own actions at the times the story says."""

    def __init__(self, app: Flask, customer: NewCustomer = ADA) -> None:
        self.app, self.customer = app, customer
        self.refusals: list[str] = []
        with app.app_context():
            add_customers([customer], actor=SHELL, now=START)

    def play(self, story: str) -> "Story":
        """Let it happen, line by line; what is refused is kept in `refusals`."""
        for line in filter(None, map(str.strip, story.splitlines())):
            number, _, act = line.removeprefix("day ").partition(": ")
            with self.app.app_context():
                try:
                    self._act(act, day(int(number)))
                except RuleBrokenError as error:
                    self.refusals.append(str(error))
        return self

    def ledger(self) -> str:
        """The ledger as text; a grant that stands for A is A', each posting shows the revenue it moved."""
        with self.app.app_context(), db.snapshot() as connection:
            found = connection.execute(text(LEDGER), {"user": self.customer.user_id}).scalars().all()
        return "\n".join(found)

    def laws(self) -> dict[str, int]:
        """What breaks the laws of the books."""
        with self.app.app_context(), db.snapshot() as connection:
            return {law: found for law, found in broken(connection).items() if law != "audit_chain_unbroken"}

    def _act(self, act: str, now: datetime) -> None:
        for pattern, does in ACTS.items():
            if found := re.fullmatch(pattern, act):
                does(self, now, *found.groups())
                return
        raise ValueError(act)

    def grant(self, now: datetime, name: str, amount: str, paid: str, category: str | None, until: str | None) -> None:
        category = (category or "promotional").strip()
        grant = CreditGrant(
            user_id=self.customer.user_id,
            id=uuid5(self.customer.user_id, name),
            source="opening",
            category=category,
            granted=Decimal(amount),
            paid_usd=Decimal(paid),
            effective_at=now,
            expires_at=day(int(until)) if until else None,
            priority=PRIORITIES[category],
            origin=name,
            reason="opening",
        )
        assert post_grants([grant], posted_at=now) == 1

    def use(self, now: datetime, amount: str) -> None:
        event = UsageEvent(
            customer=self.customer.email,
            request_id=request_id(next(_numbers)),
            external_id=None,
            provider="openai",
            model="gpt-4o",
            service="chat",
            request_type="completion",
            status="success",
            key_mode="system",
            tokens=Tokens(1000, 0, 0, 10),
            vendor_cost_usd=Decimal(amount) * UNIT_USD / FREE_MULTIPLIER,
            cost_estimated=False,
            experiment_id=None,
            metadata=None,
            started_at=now,
            completed_at=now,
        )
        assert record_usage([event], simulated=True)[0].outcome == "charged"

    def reverse(self, now: datetime, seq: str, amount: str | None) -> None:
        wanted = ReversalWanted(
            self.customer.user_id, "service_fault", seq=int(seq), credits=Decimal(amount) if amount else None
        )
        reverse_entry(SHELL, wanted, now=now, posted_at=now)

    def expire(self, now: datetime) -> None:
        post_expiries(now)

    def claw_back(self, now: datetime, name: str) -> None:
        """Take back what is left of a grant, as a refund of its purchase will."""
        with db.transaction() as session:
            named = {"user": self.customer.user_id, "grant": uuid5(self.customer.user_id, name), "at": now}
            for statement in CLAWBACK:
                session.execute(text(statement), named)


ACTS: dict[str, Callable[..., None]] = {
    r"grant (\w+) ([\d.]+) for \$([\d.]+)( \w+)?(?: until (\d+))?": Story.grant,
    r"use ([\d.]+)": Story.use,
    r"reverse (\d+)(?: by ([\d.]+))?": Story.reverse,
    r"expire()": lambda story, now, _: story.expire(now),
    r"claw back (\w+)": Story.claw_back,
}

LEDGER = """
    select format(
        '%s %s %s → %s: %s',
        entry.seq, entry.reason, trim_scale(entry.amount), trim_scale(entry.balance_after),
        string_agg(
            format(
                '%s%s %s ($%s)', coalesce(origin.origin, source.origin), case when origin.id is not null then '''' end,
                trim_scale(draw.amount), trim_scale(draw.realised_revenue_usd)
            ),
            ', ' order by draw.position
        )
    )
    from credit_deduction_ledger as entry
    join credit_source_draw as draw on draw.user_id = entry.user_id and draw.seq = entry.seq
    join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
    left join user_credit_source as origin on origin.user_id = source.user_id and origin.id = source.replaces_source_id
    where entry.user_id = :user
    group by entry.user_id, entry.seq
    order by entry.seq
"""
CLAWBACK = (
    "select lock_balances(array[cast(:user as uuid)])",
    """
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, realised_revenue_usd, created_at, prev_created_at
    )
    select
        user_id, last_seq + 1, -remaining, amount, amount - remaining, 'clawback',
        paid_usd - realised_through(paid_usd, granted, granted - remaining), :at, last_created_at
    from user_credit_balance join user_credit_source using (user_id)
    where user_id = :user and id = :grant
    """,
    """
    insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
    select user_id, seq, :grant, amount, 0, realised_revenue_usd, 1
    from credit_deduction_ledger
    where user_id = :user and reason = 'clawback' and created_at = :at
    """,
    """
    update user_credit_balance as balance
    set amount = entry.balance_after, last_seq = entry.seq, last_created_at = entry.created_at
    from credit_deduction_ledger as entry
    where entry.user_id = balance.user_id and balance.user_id = :user and entry.seq = balance.last_seq + 1
    """,
    "update user_credit_source set remaining = 0 where user_id = :user and id = :grant",
)


def plain_text(story: str) -> str:
    """Compare as written: without the indentation of the test."""
    return "\n".join(filter(None, (line.strip() for line in story.splitlines())))
