"""Sign an operator out."""

from datetime import datetime

from dashboard import db
from dashboard.actions.session_rows import end_one
from dashboard.engine.actors import Actor
from dashboard.store.audit import record


def sign_out(actor: Actor, *, now: datetime) -> None:
    """End the session of this browser; a second time changes nothing."""
    if actor.session_id is None:
        return
    with db.transaction() as session:
        if end_one(session, actor.session_id, "signed out", now=now):
            record(session, actor, "sign_out", "operator", actor.operator_id, now=now)
