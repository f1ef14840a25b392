"""Let an incident batch run: at once, or as soon as a second person has approved it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard.actions.request_job import CLOCK_QUEUE
from dashboard.engine.incidents import NotPossibleNowError
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.incidents import move_batch
from dashboard.store.jobs import defer

RUN_BATCHES = "run_batches"


@dataclass(frozen=True, slots=True)
class BatchQueued:
    """The batch that was approved, and runs from now on."""

    batch_id: UUID


def queue_incident_batch(session: Session, request: ApprovalRequest) -> BatchQueued:
    """Queue what a request asks for, in the transaction that approves it."""
    batch_id = UUID(request.payload["batch_id"])
    session.flush()
    if not move_batch.one(session.connection(), batch_id=batch_id, act="queue").moved:
        raise NotPossibleNowError("started")
    run_soon(session)
    return BatchQueued(batch_id)


def run_soon(session: Session) -> None:
    """Wake a worker; without one the clock of the next takes the batch up."""
    defer(session, RUN_BATCHES, queue=CLOCK_QUEUE, once=RUN_BATCHES)
