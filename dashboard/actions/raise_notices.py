"""Notice customers whose credits run low, once per allowance, and tell the webhooks."""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.queue_delivery import queue_deliveries
from dashboard.engine.webhooks import Notice, body_of, notices_at
from dashboard.store import webhooks
from dashboard.store.notices import RunningLow, customers_running_low

# A charge carries the time of its lock, not of its commit: this is how late it may become visible.
LATEST_COMMIT = timedelta(minutes=10)


def raise_notices(since: datetime | None, *, now: datetime) -> int:
    """Look at customers with an entry since then (None: all) and return how many notices were new."""
    reach_back = None if since is None else since - LATEST_COMMIT
    with db.snapshot() as connection:
        found = customers_running_low.all(connection, since=reach_back, now=now)
    return sum(_raised(customer, now) for customer in found)


def _raised(customer: RunningLow, now: datetime) -> bool:
    """Note every step fallen to and send the lowest; False if another worker was first."""
    steps = notices_at(customer.remaining_credits, customer.allowance_credits)
    with db.transaction() as session:
        is_new, *_ = [_noted(session, customer, step, now) for step in steps]
        if is_new:
            event_id = uuid4()
            body = body_of(event_id, steps[0].event, now, _data(customer, steps[0]))
            queue_deliveries(session, event_id, steps[0].event, body, now=now)
    return is_new


def _noted(session: Session, customer: RunningLow, step: Notice, now: datetime) -> bool:
    row = insert(webhooks.Notice).values(
        user_id=customer.user_id,
        source_id=customer.source_id,
        kind=step.kind,
        remaining_credits=customer.remaining_credits,
        allowance_credits=customer.allowance_credits,
        raised_at=now,
    )
    kept = session.execute(row.on_conflict_do_nothing().returning(webhooks.Notice.kind))
    return kept.scalar_one_or_none() is not None


def _data(customer: RunningLow, step: Notice) -> dict[str, object]:
    return {
        "customer": str(customer.user_id),
        "threshold_percent": step.percent,
        "remaining_credits": f"{customer.remaining_credits:.6f}",
        "allowance_credits": f"{customer.allowance_credits:.6f}",
        "period_end": customer.period_end.isoformat(),
    }
