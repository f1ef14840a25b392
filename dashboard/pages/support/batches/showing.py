"""The pages of batches: the form with its preview, and a batch as it stands."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from flask import Response, abort
from sqlalchemy import Connection

from dashboard.access import current_actor, now
from dashboard.db import snapshot
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import LIMITS, WINDOW, why_second_person
from dashboard.engine.incidents import MOST_DEDUCTIONS, IncidentFilter, written
from dashboard.engine.permissions import Permission, may
from dashboard.engine.reversals import REASONS
from dashboard.pages.support.batches.asked import STATUSES, TYPES, UNCOVERED, Asked, sentences
from dashboard.reports.choices import choices
from dashboard.reports.support.incidents import (
    BatchRecord,
    BatchUnderWay,
    IncidentPreview,
    batch_customers,
    batch_items,
    batch_reasons,
    batch_record,
    batches_under_way,
    preview,
    services,
)
from dashboard.store.by_hand import given_by_hand
from dashboard.store.incidents import incident_seen
from dashboard.ui.htmx import render

CUSTOMERS_SHOWN, FAILED_SHOWN = 25, 25


@dataclass(frozen=True, slots=True)
class Ordering:
    """What stands in the order's form, and what was wrong with it."""

    reason: str = "incident"
    note: str = ""
    confirmation: str = ""
    tells: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    refusal: str | None = None


def shown_new(connection: Connection, asked: Asked, ordering: Ordering, status: int = 200) -> Response:
    """Show the filter, and of one that can be taken what it comes to."""
    at, actor = now(), current_actor()
    found = _preview(connection, asked.wanted) if asked.wanted else None
    is_ready = found is not None and not found.is_too_large and found.seen.items_sha256 is not None
    response = render(
        "support/batches/new.html",
        "support/batches/_new.html",
        asked=asked,
        found=found,
        open=_under_way(connection, asked),
        ordering=ordering,
        form_id=uuid4(),
        known=choices(connection),
        services=[(one.service, one.service) for one in services.all(connection)],
        statuses=STATUSES,
        types=TYPES,
        uncovered=UNCOVERED,
        reasons=list(REASONS.items()),
        most=MOST_DEDUCTIONS,
        may_order=may(actor.role, Permission.CREDITS_CHANGE),
        second_person=_second_person(connection, actor, found, at) if found and is_ready else None,
        now=at,
    )
    response.status_code = status
    return response


def shown_batch(batch_id: UUID, problem: str | None = None, status: int = 200) -> Response:
    """Show a batch: what was asked, how far it is, what came of it."""
    with snapshot() as connection:
        record = record_of(connection, batch_id)
        known = choices(connection)
        items = {"batch_id": batch_id, "customer_id": None, "after_customer": None, "after_seq": None}
        response = render(
            "support/batches/show.html",
            "support/batches/_batch.html",
            batch=record,
            asked=sentences(record.asked, known),
            reasons=batch_reasons.all(connection, batch_id=batch_id),
            failed=batch_items.all(connection, states=["failed"], most=FAILED_SHOWN, **items),
            customers=batch_customers.all(connection, batch_id=batch_id, most=CUSTOMERS_SHOWN),
            causes=REASONS,
            problem=problem,
            now=now(),
        )
    response.status_code = status
    return response


def record_of(connection: Connection, batch_id: UUID) -> BatchRecord:
    """Find a batch, or answer that there is none."""
    found = batch_record.all(connection, batch_id=batch_id)
    return found[0] if found else abort(404)


def _under_way(connection: Connection, asked: Asked) -> list[BatchUnderWay]:
    if asked.wanted is None:
        return []
    return batches_under_way.all(connection, start=asked.wanted.start, until=asked.wanted.end)


def _preview(connection: Connection, wanted: IncidentFilter) -> IncidentPreview:
    seen = incident_seen.one(connection, filter=json.dumps(written(wanted)), most=MOST_DEDUCTIONS)
    return preview(connection, wanted, seen)


def _second_person(connection: Connection, actor: Actor, found: IncidentPreview, at: datetime) -> str | None:
    """Why a second person will have to agree, as far as can be said now."""
    if actor.role not in LIMITS:
        return None
    given = given_by_hand.one(connection, person_id=actor.person_id, since=at - WINDOW)
    return why_second_person(actor.role, found.seen.credits, given.credits)
