"""Order an incident batch: exactly the deductions of a preview, given back in the background."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.moving_by_hand import lock_person, second_person_needed
from dashboard.actions.queue_incident_batch import run_soon
from dashboard.actions.request_approval import AwaitsApproval, request_approval
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError, refuse_asker
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.incidents import (
    MOST_DEDUCTIONS,
    IncidentFilter,
    IncidentOrder,
    Seen,
    StalePreviewError,
    faults_of_filter,
    refuse_words,
    written,
)
from dashboard.store.audit import record
from dashboard.store.incidents import IncidentBatch, Opening, incident_seen, open_batch


@dataclass(frozen=True, slots=True)
class BatchWanted:
    """What to give back, why, what was seen of it (hex) and the credits as typed; `tells_customers` by webhook.

    Whoever sends one `form_id` again has ordered once.
    """

    filter: IncidentFilter
    cause: str
    seen_sha256: str
    confirmation: str
    note: str | None = None
    tells_customers: bool = False
    form_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BatchOpened:
    """The batch; `awaits` is the request a second person must approve first, `replayed`: it was ordered before."""

    batch_id: UUID
    number: int
    awaits: AwaitsApproval | None
    replayed: bool = False


def open_incident_batch(actor: Actor, wanted: BatchWanted, *, now: datetime) -> BatchOpened:
    """Open it within the actor's limits, else ask a second person; StalePreviewError when the set is another by now."""
    refuse_asker(actor.role)
    if actor.operator_id is None:
        raise NotAllowedError("A batch is ordered by somebody with an account. Nothing was changed.")
    faults = faults_of_filter(wanted.filter)
    if faults:
        raise InvalidInputError(faults)
    # Of the person too, so that nobody orders, or stops, in the name of another.
    batch_id = uuid4() if wanted.form_id is None else uuid5(wanted.form_id, str(actor.person_id))
    kept = json.dumps(written(wanted.filter))
    with db.transaction() as session:
        lock_person(session, actor)
        known = session.get(IncidentBatch, batch_id)
        if known is not None:
            return _again(known, wanted)
        seen = _seen(session, wanted, kept)
        refuse_words(wanted.cause, wanted.note, wanted.confirmation, seen.credits)
        why = second_person_needed(session, actor, seen.credits, now)
        awaits = None if why is None else _ask(session, actor, wanted, batch_id, seen, why, now)
        opening = _open(session, actor, wanted, kept, batch_id, awaits)
        after = {
            "number": opening.number,
            "filter": written(wanted.filter),
            "deductions": seen.deductions,
            "customers": seen.customers,
            "credits": f"{seen.credits:f}",
            "items_sha256": wanted.seen_sha256,
            "approval_id": None if awaits is None else str(awaits.request_id),
        }
        record(
            session,
            actor,
            "open_incident_batch",
            "incident_batch",
            batch_id,
            after=after,
            reason=wanted.cause,
            now=now,
        )
        if awaits is None:
            run_soon(session)
    return BatchOpened(batch_id, opening.number or 0, awaits)


def _again(known: IncidentBatch, wanted: BatchWanted) -> BatchOpened:
    """A second click, or the back button: what the first one did; another preview is another order."""
    if known.items_sha256.hex() != wanted.seen_sha256:
        raise StalePreviewError
    return BatchOpened(known.id, known.number, None, replayed=True)


def _seen(session: Session, wanted: BatchWanted, kept: str) -> Seen:
    seen = incident_seen.one(session.connection(), filter=kept, most=MOST_DEDUCTIONS)
    if seen.found > MOST_DEDUCTIONS:
        raise RuleBrokenError(
            f"This filter names more than {MOST_DEDUCTIONS:,} deductions; a batch takes no more. "
            "Give a shorter window or narrow the filter. Nothing was changed."
        )
    if seen.found == 0:
        raise RuleBrokenError("No deduction answers to this filter. Nothing was changed.")
    if seen.items_sha256 is None:
        raise RuleBrokenError(
            f"All {seen.found:,} deductions were given back already, or cannot be. Nothing was changed."
        )
    if seen.items_sha256.hex() != wanted.seen_sha256:
        raise StalePreviewError
    return seen


def _ask(
    session: Session, actor: Actor, wanted: BatchWanted, batch_id: UUID, seen: Seen, why: str, now: datetime
) -> AwaitsApproval:
    order = IncidentOrder(
        batch_id=batch_id,
        entries=seen.deductions,
        customers=seen.customers,
        credits=seen.credits,
        list_revenue_usd=seen.list_revenue_usd,
        share_percent=wanted.filter.share_percent,
        window_start=wanted.filter.start,
        window_end=wanted.filter.end,
        cause=wanted.cause,
        items_sha256=wanted.seen_sha256,
    )
    return request_approval(session, actor, order, why=why, now=now)


def _open(
    session: Session, actor: Actor, wanted: BatchWanted, kept: str, batch_id: UUID, awaits: AwaitsApproval | None
) -> Opening:
    session.flush()
    opening = open_batch.one(
        session.connection(),
        batch_id=batch_id,
        filter=kept,
        cause=wanted.cause,
        note=wanted.note,
        tells_customers=wanted.tells_customers,
        operator_id=actor.operator_id,
        approval_id=None if awaits is None else awaits.request_id,
        seen_sha256=bytes.fromhex(wanted.seen_sha256),
        most=MOST_DEDUCTIONS,
    )
    if opening.outcome != "opened":
        raise StalePreviewError
    return opening
