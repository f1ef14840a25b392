"""Work through the incident batches that may run, a piece at a time, and tell customers of those that ended."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.queue_delivery import queue_deliveries
from dashboard.engine.incidents import AT_ONCE, code_of
from dashboard.engine.jobs import reason_of
from dashboard.engine.usage import plain
from dashboard.engine.webhooks import Event, body_of
from dashboard.store.incidents import (
    IncidentBatch,
    OpenBatch,
    Progress,
    ToldCustomer,
    batches_to_run,
    run_items,
    untold_customers,
)
from dashboard.store.settings import value_of

TOLD_AT_ONCE = 50


def run_batches(*, now: datetime) -> int:
    """Run every batch that waits or was broken off to its end; return how many deductions were handled.

    Each piece is one transaction, so a run killed anywhere is taken up where its last piece ended. What breaks one
    batch off is noted in it and raised after the others had their turn.
    """
    handled, broken = 0, None
    for batch in _to_run():
        try:
            handled += _run(batch.id)
            _tell(batch, now)
        except Exception as error:  # noqa: BLE001 - the other batches run; this one is raised below
            _note(batch.id, reason_of(error))
            broken = error
    if broken is not None:
        raise broken
    return handled


def _to_run() -> list[OpenBatch]:
    with db.transaction() as session:
        return batches_to_run.all(session.connection())


def _run(batch_id: UUID) -> int:
    """Give back until nothing waits, or somebody paused or cancelled it."""
    handled, begins = 0, True
    while True:
        progress = _piece(batch_id, begins=begins)
        handled, begins = handled + progress.handled, False
        if progress.state != "running":
            return handled


def _piece(batch_id: UUID, *, begins: bool) -> Progress:
    with db.transaction() as session:
        grace = timedelta(days=value_of(session, "replacement_lives_days"))
        return run_items.one(session.connection(), batch_id=batch_id, most=AT_ONCE, grace=grace, begins=begins)


def _tell(batch: OpenBatch, now: datetime) -> None:
    """Queue one event a customer, each in the transaction that marks them as told."""
    while True:
        with db.transaction() as session:
            told = untold_customers.all(session.connection(), batch_id=batch.id, most=TOLD_AT_ONCE)
            for customer in told:
                _announce(session, batch, customer, now)
        if not told:
            return


def _announce(session: Session, batch: OpenBatch, customer: ToldCustomer, now: datetime) -> None:
    event_id = uuid4()
    data: dict[str, object] = {
        "customer_id": str(customer.user_id),
        "batch_id": str(batch.id),
        "batch": code_of(batch.number),
        "deductions": customer.deductions,
        "credits": plain(customer.credits),
        "balance": plain(customer.balance),
    }
    body = body_of(event_id, Event.CREDITS_REVERSED, now, data)
    queue_deliveries(session, event_id, Event.CREDITS_REVERSED, body, now=now)


def _note(batch_id: UUID, problem: str) -> None:
    with db.transaction() as session:
        session.execute(update(IncidentBatch).where(IncidentBatch.id == batch_id).values(problem=problem))
