"""Withdraw a request of one's own before anybody decided it."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.announce import announce_request
from dashboard.actions.deciding import decide, still_pending
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.store.audit import record


def withdraw(actor: Actor, request_id: UUID, *, now: datetime) -> None:
    """Withdraw what the actor asked for; only the person who asked can, and nothing of it is done later."""
    with db.transaction() as session:
        request = still_pending(session, request_id, now=now)
        if actor.person_id is None or actor.person_id != request.requested_person_id:
            raise NotAllowedError("Only whoever asked can withdraw a request. Nothing was changed.")
        decide(request, actor, "withdrawn", None, now)
        announce_request(session, request.id, "withdrawn", now=now)
        record(session, actor, "withdraw", "approval_request", request.id, now=now)
