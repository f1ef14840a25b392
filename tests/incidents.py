"""Incident batches of the tests: a customer with deductions to give back, and the orders of the desk."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.approve import approve
from dashboard.actions.open_incident_batch import BatchOpened, BatchWanted, open_incident_batch
from dashboard.engine.actors import Actor
from dashboard.engine.customers import NewCustomer
from dashboard.engine.incidents import MOST_DEDUCTIONS, IncidentFilter, Seen, written
from dashboard.store.incidents import incident_seen
from tests.books import START, Story, day

WINDOW = (day(0), day(20))


def customer(name: str) -> NewCustomer:
    """A customer on the free tier, who pays 2 credits for a tenth of a cent of cost."""
    return NewCustomer(f"{name}@example.com", name.title(), "free", "monthly", START, 1)


def play(app: Flask, name: str, story: str) -> UUID:
    """Let a story happen to a new customer; return their id."""
    told = Story(app, customer(name))
    told.play(story)
    return told.customer.user_id


def wanted(customers: Sequence[UUID], **given: Any) -> IncidentFilter:
    """What these customers were charged in the window, but for what is given."""
    start, end = WINDOW
    words: dict[str, Any] = {"start": start, "end": end, "customers": tuple(customers), **given}
    return IncidentFilter(**words)


def seen(app: Flask, filtered: IncidentFilter) -> Seen:
    """What a preview shows now."""
    with app.app_context(), db.snapshot() as connection:
        return incident_seen.one(connection, filter=json.dumps(written(filtered)), most=MOST_DEDUCTIONS)


def ordered(app: Flask, actor: Actor, filtered: IncidentFilter, **given: Any) -> BatchOpened:
    """Look at the preview, type its credits and order it."""
    shown = seen(app, filtered)
    sha256 = (shown.items_sha256 or b"").hex()
    words: dict[str, Any] = {
        "filter": filtered,
        "cause": "incident",
        "seen_sha256": sha256,
        "confirmation": f"{shown.credits:f}",
    }
    with app.app_context():
        return open_incident_batch(actor, BatchWanted(**(words | given)), now=datetime.now(UTC))


def numbers(app: Flask, sql: str, **given: object) -> list[tuple[Any, ...]]:
    """Ask the books."""
    with app.app_context(), db.snapshot() as connection:
        return [tuple(row) for row in connection.execute(text(sql), given)]


def standing(app: Flask, batch_id: UUID) -> tuple[Any, ...]:
    """Return state, done, skipped, failed and credits given back."""
    sql = "select state, done, skipped, failed, credits_done from incident_batch where id = :id"
    return numbers(app, sql, id=batch_id)[0]


def approve_all(app: Flask, approver: Actor, request_id: UUID) -> None:
    """Approve what the request shows."""
    ((sha256,),) = numbers(
        app, "select encode(payload_sha256, 'hex') from approval_request where id = :id", id=request_id
    )
    with app.app_context():
        approve(approver, request_id, seen_sha256=sha256, now=datetime.now(UTC))
