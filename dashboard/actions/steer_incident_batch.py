"""Pause, resume or cancel an incident batch, or try again what failed of it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from dashboard import db
from dashboard.actions.queue_incident_batch import run_soon
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import WINDOW, refuse_asker
from dashboard.engine.incidents import NoSuchBatchError, NotPossibleNowError, TooLateToRetryError
from dashboard.store.audit import record
from dashboard.store.incidents import IncidentBatch, move_batch

Act = Literal["pause", "resume", "cancel", "retry"]
PAST: dict[Act, str] = {"pause": "paused", "resume": "resumed", "cancel": "cancelled", "retry": "tried again"}


def steer_incident_batch(actor: Actor, batch_id: UUID, act: Act, *, now: datetime) -> None:
    """Do it, at the end of the piece of work under way; NotPossibleNowError where the batch stands otherwise."""
    refuse_asker(actor.role)
    with db.transaction() as session:
        batch = session.get(IncidentBatch, batch_id)
        if batch is None:
            raise NoSuchBatchError
        if act == "retry" and batch.approval_id is None and now >= batch.requested_at + WINDOW:
            raise TooLateToRetryError
        if not move_batch.one(session.connection(), batch_id=batch_id, act=act).moved:
            raise NotPossibleNowError(PAST[act])
        record(session, actor, f"{act}_incident_batch", "incident_batch", batch_id, now=now)
        if act in {"resume", "retry"}:
            run_soon(session)
