"""Packs on sale and packs bought; selling one raises its invoice."""

from uuid import uuid4

from flask import Blueprint, Response, request, url_for

from dashboard import db
from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.buy_pack import buy_pack
from dashboard.actions.moving_by_hand import customer_named
from dashboard.db import snapshot
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.fields import as_uuid
from dashboard.reports.billing.invoice_lists import (
    EVERY,
    MOST_LISTED,
    PurchaseRow,
    packs,
    purchase_totals,
    purchases,
)
from dashboard.ui.exports import Column, exported
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("credit_packs", __name__, url_prefix="/billing/credit-packs")

COLUMNS = (
    Column("Bought, UTC", "instant"),
    Column("Customer id"),
    Column("Customer"),
    Column("Pack"),
    Column("Credits", "credits"),
    Column("Price, USD", "usd"),
    Column("Credits may cost, USD", "usd"),
    Column("Below cost"),
    Column("State"),
    Column("Left, credits", "credits"),
    Column("Given back, USD", "usd"),
    Column("Invoice"),
)


@bp.get("")
@requires(Permission.BILLING_READ)
def index() -> Response:
    """List the packs and what was bought of them."""
    flagged, at = _flagged(), now()
    with snapshot() as connection:
        catalogue = packs.all(connection, now=at)
        rows = purchases.all(connection, below_cost=flagged, most=MOST_LISTED)
        totals = purchase_totals.one(connection)
    return render(
        "billing/credit_packs/index.html",
        "billing/credit_packs/_list.html",
        packs=catalogue,
        rows=rows,
        totals=totals,
        flagged=flagged,
        most=MOST_LISTED,
        now=at,
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.BILLING_READ)
def export(file_type: str) -> Response:
    """Download every purchase that fits."""
    with snapshot() as connection:
        rows = purchases.all(connection, below_cost=_flagged(), most=EVERY)
    name = f"credit-packs-{now():%Y-%m-%d}"
    return exported(name, "csv" if file_type == "csv" else "xlsx", COLUMNS, (_cells(row) for row in rows))


@bp.get("/new")
@requires(Permission.BILLING_CHANGE)
def new() -> Response:
    """Show the form; it names the purchase it will make, so that it makes it once."""
    named = request.args.get("customer") or request.args.get("customer_id", "")
    return _form({"customer": named, "purchase_id": str(uuid4())}, {})


@bp.post("")
@requires(Permission.BILLING_CHANGE)
def create() -> Response:
    """Sell a pack: its invoice is raised, and its credits follow the payment."""
    typed = request.form.to_dict()
    try:
        with db.transaction() as session:
            user_id = customer_named(session, typed.get("customer", "").replace("\0", ""))
    except RuleBrokenError:
        return _form(typed, {"customer": "No customer has this e-mail address or id."}, status=422)
    purchase_id = as_uuid(typed.get("purchase_id", "")) or uuid4()
    try:
        pack = typed.get("pack", "").replace("\0", "")
        bought = buy_pack(current_actor(), user_id, pack, purchase_id=purchase_id, now=now())
    except RuleBrokenError as error:
        return _form(typed, {}, problem=str(error), status=409)
    return redirect_to(url_for("invoice.show", customer_id=user_id, invoice_id=bought.invoice_id))


def _form(typed: dict[str, str], errors: dict[str, str], *, problem: str | None = None, status: int = 200) -> Response:
    at = now()
    with snapshot() as connection:
        catalogue = [pack for pack in packs.all(connection, now=at) if pack.is_active]
    typed = {"customer": "", "pack": "", "purchase_id": str(uuid4()), **typed}
    response = render(
        "billing/credit_packs/new.html", (), packs=catalogue, typed=typed, errors=errors, problem=problem, now=at
    )
    response.status_code = status
    return response


def _flagged() -> bool:
    return request.args.get("which") == "below-cost"


def _cells(row: PurchaseRow) -> list[object]:
    return [
        row.created_at,
        row.user_id,
        row.customer_name,
        row.pack_title,
        row.credits,
        row.price_usd,
        row.may_cost_usd,
        "yes" if row.is_below_cost else "no",
        row.status,
        row.remaining,
        row.refunded_usd,
        f"INV-{row.invoice_number}",
    ]
