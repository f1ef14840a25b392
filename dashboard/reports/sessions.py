"""Who is signed in where."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dashboard.engine.sign_in import IDLE
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class SessionNow:
    """The session behind a cookie and the person behind it."""

    session_id: UUID
    operator_id: UUID
    person_id: UUID
    name: str
    role: str
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its operator sees it."""

    session_id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str | None


session_of_token = Query("control/session_of_token", SessionNow)
sessions_of_operator = Query("control/sessions_of_operator", OpenSession)


def idle_since(now: datetime) -> datetime:
    """Return the moment since which a session must have been used to hold now."""
    return now - IDLE
