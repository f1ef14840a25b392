"""Invite somebody to operate Ledgerline."""

from datetime import datetime

from dashboard import db
from dashboard.actions.invitations import new_invitation
from dashboard.actions.members import new_operator, refuse_change_of_owner, shown
from dashboard.engine.actors import Actor
from dashboard.store.audit import record


def invite_operator(
    actor: Actor, *, email: str, name: str, role: str, person_email: str | None = None, now: datetime
) -> str:
    """Add an account and return the token of the link by which its password is set, once, within 72 hours."""
    with db.transaction() as session:
        refuse_change_of_owner(session, actor, "", role)
        operator = new_operator(session, actor, email=email, name=name, role=role, person_email=person_email, now=now)
        token = new_invitation(session, operator.id, actor.operator_id, now=now)
        record(session, actor, "invite_operator", "operator", operator.id, after=shown(operator), now=now)
    return token
