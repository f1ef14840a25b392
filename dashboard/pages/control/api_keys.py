"""Control → API keys: made, shown once, replaced, taken out of force."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import Permission, Scope, current_actor, now, requires
from dashboard.actions.create_api_key import create_api_key
from dashboard.actions.revoke_api_key import NoSuchKeyError, revoke_api_key
from dashboard.actions.rotate_api_key import NotRotatableError, rotate_api_key
from dashboard.db import snapshot
from dashboard.engine.api_keys import MOST_PER_MINUTE, KeyWanted
from dashboard.engine.errors import InvalidInputError
from dashboard.reports.api_keys import KeyRow, api_keys
from dashboard.reports.settings import new_key_limits, value_of
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("api_keys", __name__, url_prefix="/control/api-keys")

SCOPES = (
    (Scope.ANALYTICS_READ, "read the figures of the pages"),
    (Scope.USAGE_WRITE, "report usage"),
    (Scope.CREDITS_READ, "read balances"),
    (Scope.CREDITS_WRITE, "hold and deduct credits"),
)


OVERLAPS = (
    ("24", "24 hours"),
    ("168", "7 days"),
    ("720", "30 days"),
    ("1", "one hour"),
    ("0", "not at all: it is refused at once"),
)


@bp.get("")
@requires(Permission.API_KEYS_READ)
def index() -> Response:
    """List every key there ever was."""
    return _list({})


@bp.post("")
@requires(Permission.API_KEYS_CHANGE)
def create() -> Response:
    """Make a key and show it, once."""
    try:
        wanted = _wanted()
        made = create_api_key(current_actor(), wanted, now=now())
    except InvalidInputError as error:
        return _list(error.errors, 422)
    response = render("control/api_keys/created.html", wanted=wanted, key=made.key, old=None, until=None)
    response.status_code = 201
    return response


@bp.get("/<uuid:api_key_id>/rotation")
@requires(Permission.API_KEYS_CHANGE)
def ask_to_rotate(api_key_id: UUID) -> AnyResponse:
    """Ask how long the old key works on."""
    row = _row(api_key_id)
    if row.state(now()) != "active" or row.replaced_by is not None:
        return redirect(url_for("api_keys.index"), 303)
    return render("control/api_keys/rotate.html", row=row, overlaps=OVERLAPS)


@bp.post("/<uuid:api_key_id>/rotation")
@requires(Permission.API_KEYS_CHANGE)
def rotate(api_key_id: UUID) -> AnyResponse:
    """Make the successor and show it, once."""
    row, hours = _row(api_key_id), request.form.get("overlap_hours", "")
    if hours not in dict(OVERLAPS):
        abort(422)
    try:
        rotated = rotate_api_key(current_actor(), api_key_id, overlap=timedelta(hours=int(hours)), now=now())
    except NotRotatableError as error:
        flash(str(error), "info")
        return redirect_to(url_for("api_keys.index"))
    response = render(
        "control/api_keys/created.html", wanted=row, key=rotated.new.key, old=row, until=rotated.old_until
    )
    response.status_code = 201
    return response


@bp.get("/<uuid:api_key_id>/revocation")
@requires(Permission.API_KEYS_CHANGE)
def ask_to_revoke(api_key_id: UUID) -> AnyResponse:
    """Say what revoking means; a key that is out of force already has nothing to ask."""
    row = _row(api_key_id)
    if row.state(now()) != "active":
        return redirect(url_for("api_keys.index"), 303)
    return render("control/api_keys/revoke.html", row=row)


@bp.post("/<uuid:api_key_id>/revocation")
@requires(Permission.API_KEYS_CHANGE)
def revoke(api_key_id: UUID) -> Response:
    """Refuse the key from its next call on."""
    try:
        reason = request.form.get("reason", "").strip()[:500] or None
        changed = revoke_api_key(current_actor(), api_key_id, reason=reason, now=now())
    except NoSuchKeyError:
        abort(404)
    if changed:
        flash("The key is revoked; its next call is refused.", "good")
    else:
        flash("The key was revoked already. Nothing was changed.", "info")
    return redirect_to(url_for("api_keys.index"))


def _row(api_key_id: UUID) -> KeyRow:
    with snapshot() as connection:
        rows = api_keys.all(connection, now=now())
    row = next((row for row in rows if row.api_key_id == api_key_id), None)
    if row is None:
        abort(404)
    return row


def _list(errors: dict[str, str], status: int = 200) -> Response:
    with snapshot() as connection:
        rows = api_keys.all(connection, now=now())
        per_call, per_day = new_key_limits(connection)
        per_minute = value_of(connection, "api_key_requests_per_minute")
    response = render(
        "control/api_keys/index.html",
        rows=rows,
        scopes=SCOPES,
        per_call=per_call,
        per_day=per_day,
        per_minute=per_minute,
        errors=errors,
        typed=request.form,
        now=now(),
    )
    response.status_code = status
    return response


def _wanted() -> KeyWanted:
    errors: dict[str, str] = {}
    wanted = KeyWanted(
        name=request.form.get("name", ""),
        scopes=request.form.getlist("scope"),
        limit_per_call_credits=_credits("limit_per_call_credits", errors),
        limit_per_day_credits=_credits("limit_per_day_credits", errors),
        expires_at=_end_of(request.form.get("expires", ""), errors),
        requests_per_minute=_requests("requests_per_minute", errors),
    )
    if errors:
        raise InvalidInputError(errors)
    return wanted


def _credits(field: str, errors: dict[str, str]) -> Decimal:
    typed = request.form.get(field, "").strip().replace(",", "")
    try:
        return Decimal(typed)
    except InvalidOperation:
        errors[field] = f"“{typed[:40]}” is not a number of credits."
        return Decimal(0)


def _requests(field: str, errors: dict[str, str]) -> int | None:
    typed = request.form.get(field, "").strip().replace(",", "")
    if not typed:
        return None
    if not typed.isascii() or not typed.isdigit() or len(typed) > len(str(MOST_PER_MINUTE)):
        errors[field] = f"“{typed[:40]}” is not a number of requests from 1 to {MOST_PER_MINUTE:,}."
        return None
    return int(typed)


def _end_of(typed: str, errors: dict[str, str]) -> datetime | None:
    if not typed.strip():
        return None
    try:
        day = date.fromisoformat(typed.strip())
        return datetime.combine(day, time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        errors["expires"] = f"“{typed[:40]}” is not a day; it looks like 2027-01-31."
        return None
