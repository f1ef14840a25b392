"""The list of invoices, and the same as a file."""

from datetime import timedelta
from typing import TypedDict
from uuid import UUID

from flask import Blueprint, Response, request

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.fields import as_uuid
from dashboard.engine.invoices import REASONS, STATES
from dashboard.reports.billing.invoice_lists import (
    EVERY,
    MOST_LISTED,
    InvoiceLine,
    invoice_totals,
    invoices,
    unmatched_events,
)
from dashboard.ui.exports import Column, exported
from dashboard.ui.htmx import render

bp = Blueprint("invoices", __name__, url_prefix="/billing/invoices")

SPAN = timedelta(days=30)
MOST_EVENTS = 20
COLUMNS = (
    Column("Number"),
    Column("Raised, UTC", "instant"),
    Column("Customer id"),
    Column("Customer"),
    Column("For"),
    Column("State"),
    Column("Total, USD", "usd"),
    Column("Paid, USD", "usd"),
    Column("Given back, USD", "usd"),
    Column("Paid at, UTC", "instant"),
    Column("Invoice id"),
)


class Asked(TypedDict):
    """What the list is narrowed to."""

    status: str | None
    reason: str | None
    customer_id: UUID | None
    typed: str | None


@bp.get("")
@requires(Permission.BILLING_READ)
def index() -> Response:
    """List the newest invoices, of a state, a reason or somebody."""
    asked, at = _asked(), now()
    with snapshot() as connection:
        rows = invoices.all(connection, **asked, most=MOST_LISTED)
        totals = invoice_totals.one(connection, since=at - SPAN)
        events = unmatched_events.all(connection, most=MOST_EVENTS) if totals.unmatched else []
    return render(
        "billing/invoices/index.html",
        "billing/invoices/_list.html",
        rows=rows,
        totals=totals,
        events=events,
        asked=asked,
        states=[(name, name.capitalize()) for name in STATES],
        reasons=REASONS,
        most=MOST_LISTED,
        now=at,
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.BILLING_READ)
def export(file_type: str) -> Response:
    """Download every invoice that fits."""
    with snapshot() as connection:
        rows = invoices.all(connection, **_asked(), most=EVERY)
    name = f"invoices-{now():%Y-%m-%d}"
    return exported(name, "csv" if file_type == "csv" else "xlsx", COLUMNS, (_cells(row) for row in rows))


def _asked() -> Asked:
    given = request.args
    status, reason = given.get("status"), given.get("reason")
    return {
        "status": status if status in STATES else None,
        "reason": reason if reason in REASONS else None,
        "customer_id": as_uuid(given.get("customer", "")),
        "typed": given.get("q", "").strip()[:200].replace("\0", "") or None,
    }


def _cells(row: InvoiceLine) -> list[object]:
    return [
        f"INV-{row.number}",
        row.raised_at,
        row.user_id,
        row.customer_name,
        REASONS[row.reason],
        row.status,
        row.total_usd,
        row.paid_usd,
        row.refunded_usd,
        row.paid_at,
        row.id,
    ]
