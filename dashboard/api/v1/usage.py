"""POST /api/v1/usage: what requests used, reported after the fact. It is always recorded, never refused for credits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.exc import OperationalError

from dashboard.access import current_actor, now, problem, refuse_unproven, requires, unknown_key
from dashboard.actions.charge_request import charge_request
from dashboard.actions.record_usage import Keep
from dashboard.actions.report_usage import Rejected, Reported, keep_reject, report_usage
from dashboard.api import amounts, bodies
from dashboard.api.bodies import JSON, RefusedBodyError, field_errors
from dashboard.api.receipts import as_json, why
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.fields import FieldError
from dashboard.engine.usage import UsageEvent, Window, read_usage, request_id_of
from dashboard.engine.usage_shapes import as_event, opened
from dashboard.reports.receipts import usage_receipt

bp = Blueprint("api_v1_usage", __name__)

MOST_EVENTS = 1_000
DEEPEST_METADATA = 100
NOTHING_CHANGED = "Nothing was changed."
OLDEST, NEWEST = timedelta(days=35), timedelta(minutes=5)
REPAIRABLE = frozenset({"unknown_customer", "unknown_provider"})


@bp.errorhandler(RefusedBodyError)
def refused_body(error: RefusedBodyError) -> Response:
    """Answer a body that could not be read."""
    return problem(error.status, str(error))


@bp.errorhandler(OperationalError)
def unknown_outcome(error: OperationalError) -> Response:
    """Say what is true when the database went away: nobody knows, and sending it again is safe."""
    current_app.logger.error("The database did not answer: %s", error.orig)
    detail = (
        "The database did not answer, so it is not known what was recorded. Send the same again: it is charged once."
    )
    return problem(503, detail, headers={"Retry-After": "1"})


@bp.post("/api/v1/usage")
@requires(scope="usage:write", proves_key=True)
def report() -> Response:
    """Record one request (201, 200 for a replay) or an array of up to 1,000 (200)."""
    body = bodies.usage()
    dry_run, atomic = _flag("dry_run"), _flag("atomic")
    if isinstance(body, list):
        return refuse_unproven() or _many(body, Keep.NONE if dry_run else Keep.ALL if atomic else Keep.GOOD)
    return _one(body, dry_run=dry_run)


@bp.get("/api/v1/usage/<request_id>")
@requires(scope="usage:write")
def what_became(request_id: str) -> Response:
    """Answer with the receipt of a request, for whoever never got an answer; 404 if it is not in the books."""
    customer = request.args.get("customer", "").strip().lower()
    try:
        known, _ = request_id_of(request_id, request.args.get("source") or "usage")
    except FieldError as error:
        return problem(
            422, f"The request cannot be looked up. {NOTHING_CHANGED}", errors=field_errors({"request_id": str(error)})
        )
    if not customer or not customer.isprintable():
        return problem(422, f"Name the customer. {NOTHING_CHANGED}", errors=field_errors({"customer": "is missing"}))
    with snapshot() as connection:
        found = usage_receipt.all(connection, customer=customer, request_id=known)
    if not found:
        return problem(404, "This customer has no such request in the books. It may be sent again with the same id.")
    return jsonify(as_json(found[0], request_id, replayed=False))


def _one(body: object, *, dry_run: bool) -> Response:
    try:
        event = _read(body)
    except InvalidInputError as error:
        return _unprocessable(error.errors)
    receipt = charge_request(current_actor(), event, now(), dry_run=dry_run)
    if receipt.outcome == "revoked_key":
        return unknown_key()
    if not receipt.is_in_the_books:
        status, errors = why(receipt, event)
        kept = receipt.outcome in REPAIRABLE and not dry_run
        if kept:
            keep_reject(event, receipt.outcome, "; ".join(errors.values()), now())
        return _unprocessable(errors, kept=kept) if status == 422 else problem(status, *errors.values())  # noqa: PLR2004 - as HTTP has it
    replayed = receipt.outcome == "replayed"
    answer: Response = jsonify(
        as_json(receipt, event.external_id or str(event.request_id), replayed=replayed, dry_run=dry_run)
    )
    answer.status_code = 200 if replayed or dry_run else 201
    return answer


def _many(body: list[object], keep: Keep) -> Response:
    if not body:
        return _unprocessable({"": "is an empty array; send at least one event"})
    if len(body) > MOST_EVENTS:
        return problem(
            413, f"The array has {len(body):,} events, at most {MOST_EVENTS:,} go at once. {NOTHING_CHANGED}"
        )
    read: list[UsageEvent | Rejected] = []
    for index, raw in enumerate(body):
        try:
            read.append(_read(raw))
        except InvalidInputError as error:
            read.append(Rejected(index, error.errors))
    reported = report_usage(read, keep=keep, now=now())
    members = _said(reported)
    if reported.is_kept or keep is Keep.NONE:
        return jsonify({**members, "dry_run": True} if keep is Keep.NONE else members)
    return problem(422, f"No event was recorded. {NOTHING_CHANGED}", **members)


def _read(raw: object) -> UsageEvent:
    if not isinstance(raw, Mapping):
        raise InvalidInputError({"": "must be a JSON object"})
    moment = now()
    window = Window(moment - OLDEST, moment + NEWEST)
    if "specversion" in raw or request.mimetype != JSON:
        event, source = opened(raw)
        return read_usage(_with_numbers(event), window, source)
    return read_usage(_with_numbers(as_event(raw)), window)


def _with_numbers(event: dict[str, object]) -> dict[str, object]:
    """Metadata is kept as it came and never reckoned with: its numbers become those of JSON again."""
    metadata = event.get("metadata")
    if _is_deeper(metadata, DEEPEST_METADATA):
        raise InvalidInputError({"metadata": f"is nested more than {DEEPEST_METADATA} levels deep"})
    return {**event, "metadata": amounts.json_numbers(metadata)} if isinstance(metadata, Mapping) else event


def _is_deeper(value: object, levels: int) -> bool:
    """Whether JSON is nested deeper, looked at level by level: what is too deep for a recursion, too."""
    level = [value]
    for _ in range(levels + 1):
        nested = [one for one in level if isinstance(one, Mapping | list)]
        if not nested:
            return False
        level = [each for one in nested for each in (one.values() if isinstance(one, Mapping) else one)]
    return any(isinstance(one, Mapping | list) for one in level)


def _said(reported: Reported) -> dict[str, Any]:
    return {
        "accepted": reported.accepted,
        "replayed": reported.replayed,
        "rejected": [{"index": row.index, "errors": field_errors(row.errors)} for row in reported.rejected],
    }


def _unprocessable(errors: Mapping[str, str], *, kept: bool = False) -> Response:
    also = " The event is kept to be repaired: add what is missing and send it again." if kept else ""
    return problem(422, f"The usage cannot be recorded. Nothing was charged.{also}", errors=field_errors(errors))


def _flag(name: str) -> bool:
    given = request.args.get(name, "false")
    if given not in {"true", "false"}:
        raise RefusedBodyError(422, f"{name} is true or false.")
    return given == "true"
