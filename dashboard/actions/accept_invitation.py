"""Set one's password by a one-time link."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.credentials import hash_password
from dashboard.actions.invitations import void_invitations
from dashboard.actions.members import locked, shown
from dashboard.actions.session_rows import end_all, start_session
from dashboard.actions.sign_in import Browser
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.passwords import fault_of
from dashboard.engine.tokens import fingerprint
from dashboard.store.audit import record
from dashboard.store.operators import Operator, OperatorInvitation


class InvitationOverError(RuleBrokenError):
    """The link is unknown, used, replaced or too old."""

    def __init__(self) -> None:
        super().__init__(
            "This link was used already, replaced by a newer one, or is older than 72 hours. "
            "Nothing was changed; ask an owner for a new one."
        )


def accept_invitation(token: str, password: str, browser: Browser, *, now: datetime) -> str:
    """Set the password, end other sessions of the account and return the token of a new one."""
    with db.transaction() as session:
        operator = _invited(session, token, now)
        fault = fault_of(password, email=operator.email, name=operator.name)
        if fault:
            raise InvalidInputError({"password": fault})
        before = shown(operator)
        operator.password_hash = hash_password(password)
        operator.password_changed_at = operator.updated_at = operator.last_sign_in_at = now
        operator.status = "active"
        void_invitations(session, operator.id, now=now)
        end_all(session, operator.id, "password set anew", now=now)
        session_token, session_id = start_session(
            session, operator.id, address=browser.address, user_agent=browser.user_agent, now=now
        )
        actor = Actor(operator.name, operator.role, operator.id, operator.person_id, session_id, browser.address)
        record(
            session, actor, "accept_invitation", "operator", operator.id, before=before, after=shown(operator), now=now
        )
    return session_token


def _invited(session: Session, token: str, now: datetime) -> Operator:
    wanted = select(OperatorInvitation.operator_id).where(
        OperatorInvitation.token_sha256 == fingerprint(token),
        OperatorInvitation.used_at.is_(None),
        OperatorInvitation.expires_at > now,
    )
    # The account is locked first, the link read after it: of two who use it at once one gets through.
    operator_id = session.scalars(wanted).one_or_none()
    if operator_id is None:
        raise InvitationOverError
    operator = locked(session, operator_id)
    if operator.status == "disabled" or session.scalars(wanted).one_or_none() is None:
        raise InvitationOverError
    return operator
