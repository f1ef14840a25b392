"""Revoke a licence for good: asked for here, and done when a second person agrees."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.license_rows import locked_license, move
from dashboard.actions.request_approval import AwaitsApproval, request_approval
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.licences import REVOCATION_CAUSES, REVOCATION_KIND, WHY_SECOND, RevocationOrder
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.by_hand import is_waiting

ASKED = "This was asked already and waits for a second person. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Revoked:
    """The licence that was revoked."""

    user_id: UUID
    license_id: UUID

    @property
    def facts(self) -> dict[str, object]:
        """What the audit log keeps of it."""
        return {"license": str(self.license_id), "customer": str(self.user_id)}


def revoke_license(actor: Actor, order: RevocationOrder, *, now: datetime) -> AwaitsApproval:
    """Ask for a licence to be revoked; it holds until another person approves."""
    if order.cause not in REVOCATION_CAUSES:
        raise InvalidInputError({"cause": "Choose why it is revoked."})
    with db.transaction() as session:
        locked_license(session, order.user_id, order.license_id)
        if is_waiting(session, REVOCATION_KIND, {"license_id": order.license_id}, now):
            raise RuleBrokenError(ASKED)
        return request_approval(session, actor, order, why=WHY_SECOND, now=now)


def carry_out(session: Session, request: ApprovalRequest) -> Revoked:
    """Revoke the licence an approved request names, in the transaction that approves it."""
    user_id, license_id = UUID(request.payload["user_id"]), UUID(request.payload["license_id"])
    session.flush()
    held = locked_license(session, user_id, license_id)
    assert request.decided_at is not None  # noqa: S101 - it was just approved
    move(session, held, "revoked", request.decided_at, cause=request.payload["cause"], approval_id=request.id)
    return Revoked(user_id, license_id)
