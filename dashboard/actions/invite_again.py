"""Give an operator a new link: the first was lost, or the password was forgotten."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.invitations import new_invitation
from dashboard.actions.members import locked
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.audit import record


def invite_again(actor: Actor, operator_id: UUID, *, now: datetime) -> str:
    """Return the token of a new link; the password holds until it is used, links given before stop working."""
    with db.transaction() as session:
        operator = locked(session, operator_id)
        if operator.status == "disabled":
            raise RuleBrokenError(f"{operator.name} is disabled; let them in again first. Nothing was changed.")
        if operator.role == "owner" and operator.status == "active" and actor.role != "shell":
            raise RuleBrokenError(
                "An owner’s password is changed by its owner, or with `flask operator invite` on the server. "
                "Nothing was changed."
            )
        token = new_invitation(session, operator.id, actor.operator_id, now=now)
        record(session, actor, "invite_again", "operator", operator.id, now=now)
    return token
