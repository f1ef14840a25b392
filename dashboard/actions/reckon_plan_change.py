"""What a change of plan would come to: asked before the button is pressed; nothing is kept."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.change_plan import Reckoned, brought_up_to, reckon


def reckon_plan_change(user_id: UUID, subscription_id: UUID, tier: str, *, now: datetime) -> Reckoned:
    """Work out a change exactly as it would be made, and take everything back; RuleBrokenError where it cannot be."""
    with db.transaction() as session:
        plan = brought_up_to(session, user_id, subscription_id, now, None)
        found = reckon(session, plan, tier, now)
        session.rollback()
        return found
