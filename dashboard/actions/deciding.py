"""Finding a request for approval inside the transaction that decides it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.engine.actors import Actor
from dashboard.engine.announcing import permission_for
from dashboard.engine.by_hand import refuse_decider
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.store.approvals import ApprovalRequest

LONGEST_REASON = 1000


class NotPendingError(RuleBrokenError):
    """Somebody decided already, or nobody did in time."""


def pending(session: Session, actor: Actor, request_id: UUID, *, seen_sha256: str, now: datetime) -> ApprovalRequest:
    """Return the request, locked, if this actor may decide what they saw of it."""
    request = still_pending(session, request_id, now=now)
    refuse_decider(actor.role, actor.person_id, request.requested_person_id, permission_for(request.kind))
    if request.payload_sha256.hex() != seen_sha256:
        raise RuleBrokenError("This is not what you were shown; look again. Nothing was changed.")
    return request


def still_pending(session: Session, request_id: UUID, *, now: datetime) -> ApprovalRequest:
    """Return the request, locked, if it waits for a decision: nobody made one and its time is not over."""
    wanted = select(ApprovalRequest).where(ApprovalRequest.id == request_id).with_for_update()
    request = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if request is None:
        raise RuleBrokenError("There is no such request. Nothing was changed.")
    if request.state != "pending":
        raise NotPendingError(f"This request was {request.state} already. Nothing was changed.")
    if now >= request.expires_at:
        hours = (request.expires_at - request.requested_at) // timedelta(hours=1)
        raise NotPendingError(
            f"This request expired at {request.expires_at:%Y-%m-%d %H:%M} UTC, after {hours} hours; ask anew. "
            "Nothing was changed."
        )
    return request


def decide(request: ApprovalRequest, actor: Actor, state: str, reason: str | None, now: datetime) -> None:
    """Write the decision into the request."""
    if reason is not None and len(reason) > LONGEST_REASON:
        raise InvalidInputError({"reason": f"Give at most {LONGEST_REASON} characters."})
    request.state = state
    request.decided_by = actor.operator_id
    request.decided_person_id = actor.person_id
    request.decided_at = now
    request.decision_reason = reason


def said_for_good(request: ApprovalRequest, reason: str | None) -> str | None:
    """What the audit log keeps of a reason: nothing where it may speak of a customer; the request holds it, and can forget it."""
    return None if request.payload.get("user_id") else reason
