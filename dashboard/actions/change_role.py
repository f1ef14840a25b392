"""Give an operator another role."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.members import locked, refuse_change_of_owner, shown
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.permissions import ROLES
from dashboard.store.audit import record


def change_role(actor: Actor, operator_id: UUID, role: str, *, now: datetime) -> bool:
    """Change what the operator may do from their next request on; False if they had this role."""
    if role not in ROLES:
        raise InvalidInputError({"role": f"Choose one of the roles {', '.join(ROLES)}."})
    with db.transaction() as session:
        operator = locked(session, operator_id)
        if operator.role == role:
            return False
        refuse_change_of_owner(session, actor, operator.role, role)
        before = shown(operator)
        operator.role = role
        operator.updated_at = now
        after = shown(operator)
        record(session, actor, "change_role", "operator", operator.id, before=before, after=after, now=now)
    return True
