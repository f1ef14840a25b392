"""Links by which someone sets their password, once; only their hash is kept."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from dashboard.actions.credentials import new_token
from dashboard.engine.sign_in import INVITATION_LIFETIME
from dashboard.engine.tokens import fingerprint
from dashboard.store.operators import OperatorInvitation


def new_invitation(session: Session, operator_id: UUID, created_by: UUID | None, *, now: datetime) -> str:
    """Return the token of a new link; links given out before stop working."""
    void_invitations(session, operator_id, now=now)
    token = new_token()
    session.add(
        OperatorInvitation(
            id=uuid4(),
            token_sha256=fingerprint(token),
            operator_id=operator_id,
            created_by=created_by,
            created_at=now,
            expires_at=now + INVITATION_LIFETIME,
        )
    )
    return token


def void_invitations(session: Session, operator_id: UUID, *, now: datetime) -> None:
    """Make every open link of an operator useless."""
    opened = (OperatorInvitation.operator_id == operator_id) & OperatorInvitation.used_at.is_(None)
    session.execute(update(OperatorInvitation).where(opened).values(used_at=now))
