"""Suspend a subscription, and let it go on: while it is suspended nothing is granted and it is not renewed."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.advance_plan import advance_plan
from dashboard.actions.change_plan import brought_up_to
from dashboard.actions.subscription_rows import allowance_at, set_due
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.subscriptions import Status, refuse_move
from dashboard.store.audit import record


def suspend_subscription(
    actor: Actor, user_id: UUID, subscription_id: UUID, *, now: datetime, posted_at: datetime | None = None
) -> None:
    """Suspend a plan; at the end of its period a suspended plan expires."""
    with db.transaction() as session:
        plan = brought_up_to(session, user_id, subscription_id, now, posted_at)
        refuse_move(plan.status, Status.SUSPENDED)
        before = {"status": str(plan.status)}
        plan.status = Status.SUSPENDED
        set_due(plan)
        after = {"status": "suspended", "user_id": str(user_id)}
        record(session, actor, "suspend_subscription", "subscription", plan.id, before=before, after=after, now=now)


def resume_subscription(
    actor: Actor, user_id: UUID, subscription_id: UUID, *, now: datetime, posted_at: datetime | None = None
) -> None:
    """Let a suspended plan go on; the allowance of the period running now comes if it was not granted yet."""
    with db.transaction() as session:
        plan = brought_up_to(session, user_id, subscription_id, now, posted_at)
        if plan.status != Status.SUSPENDED:
            raise RuleBrokenError("This subscription is not suspended. Nothing was changed.")
        in_trial = plan.trial_ends_at is not None and plan.current_period_end == plan.trial_ends_at
        plan.status = Status.TRIAL if in_trial else Status.ACTIVE
        if not in_trial and plan.allowance_due_at is not None and plan.allowance_due_at <= now:
            plan.allowance_due_at = allowance_at(plan, now).start
        advance_plan(session, plan, now, posted_at)
        after = {"status": str(plan.status), "user_id": str(user_id)}
        record(session, actor, "resume_subscription", "subscription", plan.id, after=after, now=now)
