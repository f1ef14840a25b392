"""Add an operator who can sign in at once."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.credentials import hash_password
from dashboard.actions.members import new_operator, refuse_change_of_owner, shown
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.passwords import fault_of
from dashboard.store.audit import record


def add_operator(
    actor: Actor,
    *,
    email: str,
    name: str,
    role: str,
    password: str,
    person_email: str | None = None,
    now: datetime,
) -> UUID:
    """Return the id of a new account; InvalidInputError by field. `person_email` names an account of the same human."""
    fault = fault_of(password, email=email, name=name)
    if fault:
        raise InvalidInputError({"password": fault})
    with db.transaction() as session:
        refuse_change_of_owner(session, actor, "", role)
        operator = new_operator(session, actor, email=email, name=name, role=role, person_email=person_email, now=now)
        operator.password_hash = hash_password(password)
        operator.password_changed_at = now
        operator.status = "active"
        record(session, actor, "add_operator", "operator", operator.id, after=shown(operator), now=now)
    return operator.id
