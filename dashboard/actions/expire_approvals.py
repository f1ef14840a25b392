"""Close the requests nobody decided in time."""

from datetime import datetime

from sqlalchemy import select

from dashboard import db
from dashboard.actions.announce import announce_request
from dashboard.engine.actors import Actor
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.audit import record


def expire_approvals(actor: Actor, *, now: datetime) -> int:
    """Mark what waits beyond its time as expired, a line of the audit log each; return how many."""
    # Who is deciding one right now has it locked, and will find its time over.
    over = select(ApprovalRequest).where(ApprovalRequest.state == "pending", ApprovalRequest.expires_at <= now)
    with db.transaction() as session:
        requests = session.scalars(over.with_for_update(skip_locked=True)).all()
        for request in requests:
            request.state, request.decided_at = "expired", now
            announce_request(session, request.id, "expired", now=now)
            before, after = {"state": "pending"}, {"state": "expired"}
            record(session, actor, "expire", "approval_request", request.id, before=before, after=after, now=now)
        return len(requests)
