"""Let time pass for every plan billed here: renewals, ends of trials, scheduled changes, allowances, unpaid invoices."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from dashboard import db
from dashboard.actions.advance_plan import advance_plan
from dashboard.actions.subscription_rows import locked_plan
from dashboard.engine.actors import CLOCK
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.audit import record
from dashboard.store.subscriptions import subscriptions_due

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Advanced:
    """How many plans were moved on, and how many could not be and wait for the next run."""

    plans: int
    failed: int


def advance_subscriptions(now: datetime, *, posted_at: datetime | None = None) -> Advanced:
    """Do what is due by now, each plan in a transaction of its own; again, or after an outage, it gives the same."""
    with db.snapshot() as connection:
        due = subscriptions_due.all(connection, now=now)
    moved = failed = 0
    for one in due:
        try:
            moved += _advance(one.user_id, one.subscription_id, now, posted_at)
        except (RuleBrokenError, SQLAlchemyError):
            failed += 1
            log.exception("Subscription %s could not be moved on; the next run tries again.", one.subscription_id)
    return Advanced(moved, failed)


def _advance(user_id: UUID, subscription_id: UUID, now: datetime, posted_at: datetime | None) -> bool:
    with db.transaction() as session:
        plan = locked_plan(session, user_id, subscription_id)
        if plan.ended_at is not None:
            return False
        before = {"status": plan.status, "tier": plan.tier}
        done = advance_plan(session, plan, now, posted_at)
        after = {"status": plan.status, "tier": plan.tier, "done": done, "user_id": str(user_id)}
        if done or before["status"] != plan.status:
            record(session, CLOCK, "advance_subscription", "subscription", plan.id, before=before, after=after, now=now)
        return bool(done)
