"""Bill a subscription by the month or by the year from its next period on."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.change_plan import brought_up_to
from dashboard.actions.subscription_rows import terms_at
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.audit import record


def change_interval(
    actor: Actor,
    user_id: UUID,
    subscription_id: UUID,
    billing_cycle: str,
    *,
    now: datetime,
    posted_at: datetime | None = None,
) -> datetime:
    """Change the billing cycle at the end of the period and return when that is; the cycle held now takes it back."""
    with db.transaction() as session:
        plan = brought_up_to(session, user_id, subscription_id, now, posted_at)
        if plan.cancel_at_period_end:
            raise RuleBrokenError("This subscription ends with its period; let it go on first. Nothing was changed.")
        if billing_cycle == (plan.pending_billing_cycle or plan.billing_cycle):
            raise RuleBrokenError(f"This subscription is billed {billing_cycle} already. Nothing was changed.")
        tier = plan.pending_tier or plan.tier
        terms_at(session, tier, billing_cycle, now, must_be_sold=tier != plan.tier)
        before = {"billing_cycle": plan.billing_cycle, "pending": plan.pending_billing_cycle}
        unchanged = tier == plan.tier and billing_cycle == plan.billing_cycle
        plan.pending_tier = None if unchanged else tier
        plan.pending_billing_cycle = None if unchanged else billing_cycle
        session.flush()
        after = {"pending": plan.pending_billing_cycle, "user_id": str(user_id)}
        record(session, actor, "change_interval", "subscription", plan.id, before=before, after=after, now=now)
        return plan.current_period_end
