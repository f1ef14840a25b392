"""The list of licences, the same as a file, and selling one."""

from decimal import Decimal, InvalidOperation
from uuid import UUID, uuid4

from flask import Blueprint, Response, request, url_for

from dashboard import db
from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.moving_by_hand import customer_named
from dashboard.actions.sell_license import LicenseWanted, sell_license
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import as_uuid
from dashboard.engine.licences import PRICE_USD, read_version
from dashboard.reports.billing.licences import EVERY, MOST_LISTED, LicenseRow, licence_totals, listed
from dashboard.ui.exports import Column, exported
from dashboard.ui.htmx import render

bp = Blueprint("licences", __name__, url_prefix="/billing/licences")

FIELDS = ("license_id", "customer", "version", "price", "reference", "byok")
STATUSES = ("active", "suspended", "revoked", "expired")
COLUMNS = (
    Column("Licence id"),
    Column("Customer id"),
    Column("Customer"),
    Column("Key ends in"),
    Column("State"),
    Column("Bought, UTC", "instant"),
    Column("Paid, USD", "usd"),
    Column("Upgrades, USD", "usd"),
    Column("Bought at version"),
    Column("Reaches version"),
    Column("Devices", "count"),
    Column("Own key"),
    Column("Ended, UTC", "instant"),
    Column("Why it ended"),
)


@bp.get("")
@requires(Permission.BILLING_READ)
def index() -> Response:
    """List the newest licences, of a state or of somebody."""
    status, typed = _asked()
    with snapshot() as connection:
        rows = listed(connection, status=status, typed=typed, most=MOST_LISTED)
        totals = licence_totals.one(connection)
    return render(
        "billing/licences/index.html",
        "billing/licences/_list.html",
        rows=rows,
        totals=totals,
        chosen=status or "",
        typed=typed or "",
        statuses=[(name, name.capitalize()) for name in STATUSES],
        most=MOST_LISTED,
        now=now(),
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.BILLING_READ)
def export(file_type: str) -> Response:
    """Download every licence that fits."""
    status, typed = _asked()
    with snapshot() as connection:
        rows = listed(connection, status=status, typed=typed, most=EVERY)
    name = f"licences-{now():%Y-%m-%d}"
    return exported(name, "csv" if file_type == "csv" else "xlsx", COLUMNS, (_cells(row) for row in rows))


@bp.get("/new")
@requires(Permission.BILLING_CHANGE)
def new() -> Response:
    """Show the form; it names the licence it will sell, so that it sells it once."""
    typed = {"customer": request.args.get("customer", ""), "price": f"{PRICE_USD}", "byok": "yes"}
    return _form({**typed, "license_id": str(uuid4())}, {})


@bp.post("")
@requires(Permission.BILLING_CHANGE)
def create() -> Response:
    """Sell a licence that was paid for outside, and show its key once."""
    typed = request.form.to_dict()
    try:
        sold = sell_license(current_actor(), _wanted(typed), now=now())
    except InvalidInputError as error:
        return _form(typed, dict(error.errors), status=422)
    except RuleBrokenError as error:
        return _form(typed, {}, problem=str(error), status=409)
    address = url_for("license.show", customer_id=sold.user_id, license_id=sold.license_id)
    response = render("billing/licences/sold.html", (), key=sold.key, address=address)
    response.headers["Cache-Control"] = "no-store"
    return response


def _asked() -> tuple[str | None, str | None]:
    status, typed = request.args.get("status"), request.args.get("q", "").strip()[:200].replace("\0", "")
    return (status if status in STATUSES else None), typed or None


def _wanted(typed: dict[str, str]) -> LicenseWanted:
    """Read the form; every field that cannot be taken is named."""
    errors: dict[str, str] = {}
    license_id, version, user_id = as_uuid(typed.get("license_id", "")), None, UUID(int=0)
    try:
        version = read_version(typed.get("version", ""))
    except InvalidInputError as error:
        errors |= error.errors
    try:
        price = Decimal(typed.get("price", "").strip().removeprefix("$"))
    except InvalidOperation:
        price, errors["price"] = Decimal(0), "Give an amount of US dollars and cents, zero or more."
    try:
        with db.transaction() as session:
            user_id = customer_named(session, typed.get("customer", "").replace("\0", ""))
    except RuleBrokenError:
        errors["customer"] = "No customer has this e-mail address or id."
    if errors or version is None:
        raise InvalidInputError(errors)
    byok, reference = typed.get("byok") == "yes", typed.get("reference", "").strip()
    return LicenseWanted(license_id or uuid4(), user_id, version, price, byok, reference)


def _form(typed: dict[str, str], errors: dict[str, str], *, problem: str | None = None, status: int = 200) -> Response:
    typed = {**dict.fromkeys(FIELDS, ""), **typed}
    response = render("billing/licences/new.html", (), typed=typed, errors=errors, problem=problem, now=now())
    response.status_code = status
    return response


def _cells(row: LicenseRow) -> list[object]:
    return [
        row.license_id,
        row.customer_id,
        row.customer,
        row.key_tail,
        row.status,
        row.purchased_at,
        row.price_usd,
        row.upgrades_usd,
        row.purchased_version,
        row.reaches,
        row.devices,
        "yes" if row.byok_enabled else "no",
        row.ended_at,
        row.ended_cause,
    ]
