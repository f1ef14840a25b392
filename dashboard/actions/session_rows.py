"""Sessions begun and ended inside the transaction of an act."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from dashboard.actions.credentials import new_token
from dashboard.engine.sign_in import LIFETIME
from dashboard.engine.tokens import fingerprint
from dashboard.store.operators import OperatorSession

LONGEST_USER_AGENT = 300


def start_session(
    session: Session, operator_id: UUID, *, address: str | None, user_agent: str | None, now: datetime
) -> tuple[str, UUID]:
    """Begin a session; return the token for the cookie, which is kept nowhere, and the session's id."""
    token, session_id = new_token(), uuid4()
    session.add(
        OperatorSession(
            id=session_id,
            token_sha256=fingerprint(token),
            operator_id=operator_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LIFETIME,
            address=address,
            user_agent=(user_agent or "")[:LONGEST_USER_AGENT] or None,
        )
    )
    return token, session_id


def end_all(session: Session, operator_id: UUID, reason: str, *, now: datetime, but: UUID | None = None) -> int:
    """End the sessions of an operator, all or all but one; return how many were open."""
    open_ones = (OperatorSession.operator_id == operator_id) & OperatorSession.ended_at.is_(None)
    if but is not None:
        open_ones &= OperatorSession.id != but
    ended = update(OperatorSession).where(open_ones).values(ended_at=now, ended_reason=reason)
    return len(session.execute(ended.returning(OperatorSession.id)).all())


def end_one(session: Session, session_id: UUID, reason: str, *, now: datetime) -> bool:
    """End one session; False if it had ended already."""
    one = (OperatorSession.id == session_id) & OperatorSession.ended_at.is_(None)
    ended = update(OperatorSession).where(one).values(ended_at=now, ended_reason=reason)
    return session.execute(ended.returning(OperatorSession.id)).one_or_none() is not None
