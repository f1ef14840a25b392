"""Reject what somebody else asked for."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.announce import announce_request
from dashboard.actions.deciding import decide, pending, said_for_good
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError
from dashboard.store.audit import record


def reject(actor: Actor, request_id: UUID, *, seen_sha256: str, reason: str, now: datetime) -> None:
    """Reject a request, with a reason for who asked; nothing of it is done, then or later."""
    if not reason.strip():
        raise InvalidInputError({"reason": "Say why, for the one who asked."})
    with db.transaction() as session:
        request = pending(session, actor, request_id, seen_sha256=seen_sha256, now=now)
        decide(request, actor, "rejected", reason.strip(), now)
        announce_request(session, request.id, "rejected", now=now)
        kept = said_for_good(request, reason.strip())
        record(session, actor, "reject", "approval_request", request.id, reason=kept, now=now)
