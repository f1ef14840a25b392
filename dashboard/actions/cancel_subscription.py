"""End a subscription, at once or with its period; or let one that was to end go on."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.advance_plan import end_plan
from dashboard.actions.change_plan import brought_up_to
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.subscriptions import Status
from dashboard.store.audit import record

# Words of ours: free text could name a person.
REASONS = {
    "too_expensive": "Too expensive",
    "not_used": "Not used enough",
    "another_product": "Went to another product",
    "missing_features": "Misses something",
    "asked_by_customer": "The customer asked",
    "fraud": "Fraud",
    "other": "Another reason",
}


def cancel_subscription(
    actor: Actor,
    user_id: UUID,
    subscription_id: UUID,
    *,
    at_once: bool,
    reason: str,
    now: datetime,
    posted_at: datetime | None = None,
) -> datetime:
    """Cancel and return when it ends; credits granted stay until they expire, money is given back by a refund only."""
    if reason not in REASONS:
        raise InvalidInputError({"reason": "Choose why it ends."})
    with db.transaction() as session:
        plan = brought_up_to(session, user_id, subscription_id, now, posted_at)
        if plan.cancel_at_period_end and not at_once:
            raise RuleBrokenError("This subscription ends with its period already. Nothing was changed.")
        plan.cancellation_reason, plan.cancelled_at = reason, now
        if at_once:
            end_plan(session, plan, Status.CANCELLED, now)
        else:
            plan.cancel_at_period_end = True
            plan.pending_tier = plan.pending_billing_cycle = None
        ends_at = plan.ended_at or plan.current_period_end
        after = {"ends_at": ends_at.isoformat(), "user_id": str(user_id)}
        record(session, actor, "cancel_subscription", "subscription", plan.id, after=after, reason=reason, now=now)
        return ends_at


def reactivate_subscription(
    actor: Actor, user_id: UUID, subscription_id: UUID, *, now: datetime, posted_at: datetime | None = None
) -> None:
    """Let a subscription that was to end with its period go on."""
    with db.transaction() as session:
        plan = brought_up_to(session, user_id, subscription_id, now, posted_at)
        if not plan.cancel_at_period_end:
            raise RuleBrokenError("This subscription was not to end. Nothing was changed.")
        plan.cancel_at_period_end, plan.cancelled_at, plan.cancellation_reason = False, None, None
        after = {"user_id": str(user_id)}
        record(session, actor, "reactivate_subscription", "subscription", plan.id, after=after, now=now)
