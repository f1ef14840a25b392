"""One licence: its devices, its upgrades, and what is done with it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.activate_device import activate_device, deactivate_device
from dashboard.actions.revoke_license import revoke_license
from dashboard.actions.suspend_license import suspend_license
from dashboard.actions.trade_in_license import trade_in_license
from dashboard.actions.upgrade_license import upgrade_license
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import as_uuid
from dashboard.engine.licences import REVOCATION_CAUSES, RevocationOrder, read_version
from dashboard.reports.billing.licences import whole_license
from dashboard.ui.format import usd
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("license", __name__, url_prefix="/billing/licences/<uuid:customer_id>/<uuid:license_id>")
FIELDS = ("fingerprint", "name", "version", "released", "reference", "cause")
NO_DAY = "Give the day the version came out."


@bp.get("")
@requires(Permission.BILLING_READ)
def show(customer_id: UUID, license_id: UUID) -> Response:
    """Show a licence."""
    return _shown(customer_id, license_id)


@bp.post("/devices")
@requires(Permission.BILLING_CHANGE)
def activate(customer_id: UUID, license_id: UUID) -> Response:
    """Put a device into a seat, or in the place of another."""
    form = request.form

    def act() -> str:
        replaces = as_uuid(form.get("replaces", ""))
        activate_device(
            current_actor(), customer_id, license_id, fingerprint=form.get("fingerprint", ""), name=form.get("name", ""),
            replaces=replaces, now=now(),
        )  # fmt: skip
        return "The device has a seat."

    return _done(customer_id, license_id, act)


@bp.post("/devices/<uuid:device_id>/deactivation")
@requires(Permission.BILLING_CHANGE)
def deactivate(customer_id: UUID, license_id: UUID, device_id: UUID) -> Response:
    """Take a device out of its seat."""

    def act() -> str:
        deactivate_device(current_actor(), customer_id, license_id, device_id, now=now())
        return "The device is out; its seat is free."

    return _done(customer_id, license_id, act)


@bp.post("/upgrades")
@requires(Permission.BILLING_CHANGE)
def upgrade(customer_id: UUID, license_id: UUID) -> Response:
    """Sell an upgrade that was paid for outside."""
    form = request.form

    def act() -> str:
        try:
            released_at = datetime.combine(date.fromisoformat(form.get("released", "")), time(), UTC)
        except ValueError as error:
            raise InvalidInputError({"released": NO_DAY}) from error
        price = upgrade_license(
            current_actor(), customer_id, license_id, to=read_version(form.get("version", "")), released_at=released_at,
            reference=form.get("reference", ""), now=now(),
        )  # fmt: skip
        return f"Upgraded for {usd(price.price_usd)}."

    return _done(customer_id, license_id, act)


@bp.post("/suspension")
@requires(Permission.BILLING_CHANGE)
def suspend(customer_id: UUID, license_id: UUID) -> Response:
    """Suspend it."""

    def act() -> str:
        suspend_license(current_actor(), customer_id, license_id, now=now())
        return "Suspended. It can be let hold again at any time."

    return _done(customer_id, license_id, act)


@bp.post("/reactivation")
@requires(Permission.BILLING_CHANGE)
def reactivate(customer_id: UUID, license_id: UUID) -> Response:
    """Let it hold again."""

    def act() -> str:
        suspend_license(current_actor(), customer_id, license_id, act="reactivate", now=now())
        return "It holds again."

    return _done(customer_id, license_id, act)


@bp.post("/trade-in")
@requires(Permission.BILLING_CHANGE)
def trade_in(customer_id: UUID, license_id: UUID) -> Response:
    """Take it back for what was shown."""

    def act() -> str:
        try:
            seen_usd = Decimal(request.form.get("seen", ""))
        except InvalidOperation:
            seen_usd = Decimal(-1)
        worth = trade_in_license(current_actor(), customer_id, license_id, seen_usd=seen_usd, now=now())
        return f"Traded in: {usd(worth)} of account credit, from which the next invoice is paid."

    return _done(customer_id, license_id, act)


@bp.post("/revocation")
@requires(Permission.BILLING_CHANGE)
def revoke(customer_id: UUID, license_id: UUID) -> Response:
    """Ask a second person to agree that it is revoked."""
    order = RevocationOrder(customer_id, license_id, request.form.get("cause", ""))

    def act() -> str:
        revoke_license(current_actor(), order, now=now())
        return "Asked: it holds until a second person agrees that it is revoked."

    return _done(customer_id, license_id, act)


def _done(customer_id: UUID, license_id: UUID, act: Callable[[], str]) -> Response:
    """Do it and show the licence; or show what stood in the way."""
    try:
        said = act()
    except InvalidInputError as error:
        return _shown(customer_id, license_id, errors=dict(error.errors), status=422)
    except RuleBrokenError as error:
        return _shown(customer_id, license_id, problem=str(error), status=409)
    flash(said, "good")
    return redirect_to(url_for("license.show", customer_id=customer_id, license_id=license_id))


def _shown(
    customer_id: UUID,
    license_id: UUID,
    *,
    errors: dict[str, str] | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    with snapshot() as connection:
        whole = whole_license(connection, customer_id, license_id) or abort(404)
    response = render(
        "billing/licences/show.html",
        (),
        whole=whole,
        row=whole.row,
        worth=whole.row.worth_usd(now()),
        causes=list(REVOCATION_CAUSES.items()),
        errors=errors or {},
        problem=problem,
        typed={**dict.fromkeys(FIELDS, ""), **request.form.to_dict()},
        now=now(),
    )
    response.status_code = status
    return response
