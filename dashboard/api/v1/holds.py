"""Holds: credits reserved before a request is made, charged or given back after it."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, jsonify

from dashboard.access import current_actor, now, requires
from dashboard.actions.place_hold import place_hold
from dashboard.actions.release_hold import release_hold
from dashboard.actions.settle_hold import settle_hold
from dashboard.api import amounts, bodies
from dashboard.api.receipts import as_json
from dashboard.api.refusals import answers
from dashboard.db import snapshot
from dashboard.engine.asking import Asked, UnknownHoldError, read_hold
from dashboard.engine.usage import Window, read_usage, utc_text
from dashboard.engine.usage_shapes import as_event
from dashboard.reports.holds import HoldNow, hold_by_id
from dashboard.reports.receipts import usage_receipt

bp = Blueprint("api_v1_holds", __name__)

OLDEST, NEWEST = timedelta(days=35), timedelta(minutes=5)
REPLAYED, CREATED = 200, 201


@bp.post("/api/v1/holds")
@requires(scope="usage:write")
@answers
def place() -> Response:
    """Hold credits, or what estimated tokens come to, for one request: 201, 200 for the same again, 402 refused."""
    wanted = read_hold(bodies.json_object(bodies.sent()))
    answer = place_hold(current_actor(), wanted)
    asked = answer.asked
    if asked.id is None:
        raise UnknownHoldError
    found = _hold(asked.id)
    return _answer(asked, {**_shown(found), "spendable": amounts.credits(asked.spendable)})


@bp.get("/api/v1/holds/<uuid:hold_id>")
@requires(scope="usage:write")
@answers
def show(hold_id: UUID) -> Response:
    """Say what became of a hold; a settled one with the receipt of its request."""
    found = _hold(hold_id)
    return jsonify({**_shown(found), "receipt": _receipt(found) if found.settled_at else None})


@bp.post("/api/v1/holds/<uuid:hold_id>/settle")
@requires(scope="usage:write")
@answers
def settle(hold_id: UUID) -> Response:
    """Charge what was really used, a usage event; request_id and customer are those of the hold."""
    found = _hold(hold_id)
    raw = bodies.json_object(bodies.sent())
    event = read_usage(_event(found, raw), Window(now() - OLDEST, now() + NEWEST))
    asked = settle_hold(found.user_id, hold_id, event).asked
    over_cap = asked.cap_left is not None and asked.cap_left < 0
    shown = {"hold": _shown(_hold(hold_id)), **(_receipt(found) or {}), "over_monthly_cap": over_cap}
    return _answer(asked, {**shown, "spendable": amounts.credits(asked.spendable)})


@bp.post("/api/v1/holds/<uuid:hold_id>/release")
@requires(scope="usage:write")
@answers
def release(hold_id: UUID) -> Response:
    """Give back what was held; nothing is charged. Without a body."""
    asked = release_hold(_hold(hold_id).user_id, hold_id).asked
    body = {**_shown(_hold(hold_id)), "spendable": amounts.credits(asked.spendable)}
    return jsonify({**body, "replayed": asked.outcome == "replayed"})


def _event(found: HoldNow, raw: Mapping[str, object]) -> dict[str, object]:
    """The usage in our own fields; whose it is and which request need not be said again."""
    event = {"customer": str(found.user_id), "request_id": str(found.request_id), **as_event(raw)}
    if isinstance(event.get("metadata"), Mapping):
        event["metadata"] = amounts.json_numbers(event["metadata"])
    return event


def _hold(hold_id: UUID) -> HoldNow:
    with snapshot() as connection:
        found = hold_by_id.all(connection, hold_id=hold_id)
    if not found:
        raise UnknownHoldError
    return found[0]


def _answer(asked: Asked, body: dict[str, object]) -> Response:
    replayed = asked.outcome == "replayed"
    answer = jsonify({**body, "replayed": replayed})
    answer.status_code = REPLAYED if replayed else CREATED
    return answer


def _shown(found: HoldNow) -> dict[str, object]:
    return {
        "id": str(found.id),
        "customer": str(found.user_id),
        "request_id": str(found.request_id),
        "credits": amounts.credits(found.credits),
        "state": found.state(now()),
        "placed_at": utc_text(found.placed_at),
        "expires_at": utc_text(found.expires_at),
        "settled_at": found.settled_at and utc_text(found.settled_at),
        "released_at": found.released_at and utc_text(found.released_at),
    }


def _receipt(found: HoldNow) -> dict[str, object] | None:
    with snapshot() as connection:
        receipts = usage_receipt.all(connection, customer=str(found.user_id), request_id=found.request_id)
    return as_json(receipts[0], str(found.request_id), replayed=False) if receipts else None
