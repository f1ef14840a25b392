"""Shut an operator out, at once."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.invitations import void_invitations
from dashboard.actions.members import locked, refuse_change_of_owner, shown
from dashboard.actions.session_rows import end_all
from dashboard.engine.actors import Actor
from dashboard.store.audit import record


def disable_operator(actor: Actor, operator_id: UUID, *, reason: str | None = None, now: datetime) -> bool:
    """End every session and link of the account; False if it was disabled already."""
    with db.transaction() as session:
        operator = locked(session, operator_id)
        if operator.status == "disabled":
            return False
        refuse_change_of_owner(session, actor, operator.role, None)
        before = shown(operator)
        operator.status = "disabled"
        operator.updated_at = now
        void_invitations(session, operator.id, now=now)
        end_all(session, operator.id, "disabled", now=now)
        after = shown(operator)
        record(
            session,
            actor,
            "disable_operator",
            "operator",
            operator.id,
            before=before,
            after=after,
            reason=reason,
            now=now,
        )
    return True
