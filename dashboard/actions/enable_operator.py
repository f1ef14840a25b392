"""Let a disabled operator in again."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.members import locked, refuse_change_of_owner, shown
from dashboard.engine.actors import Actor
from dashboard.store.audit import record


def enable_operator(actor: Actor, operator_id: UUID, *, now: datetime) -> bool:
    """Make the account what it was, with its password; False if it was not disabled."""
    with db.transaction() as session:
        operator = locked(session, operator_id)
        if operator.status != "disabled":
            return False
        refuse_change_of_owner(session, actor, "", operator.role)
        before = shown(operator)
        operator.status = "active" if operator.password_hash else "invited"
        operator.updated_at = now
        after = shown(operator)
        record(session, actor, "enable_operator", "operator", operator.id, before=before, after=after, now=now)
    return True
