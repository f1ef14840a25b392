"""Note that a session is in use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from dashboard import db
from dashboard.store.operators import OperatorSession


def touch_session(session_id: UUID, *, now: datetime) -> None:
    """Move the idle time on; no change of anybody's, so no audit line."""
    with db.transaction() as session:
        session.execute(
            update(OperatorSession)
            .where(OperatorSession.id == session_id, OperatorSession.last_seen_at < now)
            .values(last_seen_at=now)
        )
