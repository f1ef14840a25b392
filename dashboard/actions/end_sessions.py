"""End sessions of an operator."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.members import locked
from dashboard.actions.session_rows import end_all
from dashboard.engine.actors import Actor
from dashboard.store.audit import record


def end_sessions(actor: Actor, operator_id: UUID, *, but: UUID | None = None, now: datetime) -> int:
    """Sign the operator out everywhere, or everywhere but in one session; return how many sessions ended."""
    with db.transaction() as session:
        operator = locked(session, operator_id)
        ended = end_all(session, operator.id, f"ended by {actor.role}", now=now, but=but)
        if ended:
            record(session, actor, "end_sessions", "operator", operator.id, after={"ended": ended}, now=now)
    return ended
