"""Billing → Prorations: every change of plan in mid-period, with its calculation."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, request

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.calendar import day_of_month
from dashboard.engine.fields import as_uuid
from dashboard.pages.billing.subscriptions.listing import EVERY, ROWS, read_cursor
from dashboard.reports.billing.subscriptions import ProrationRow, proration_kpis, prorations
from dashboard.ui.exports import Column, exported
from dashboard.ui.htmx import render
from dashboard.ui.links import url_with

bp = Blueprint("prorations", __name__, url_prefix="/billing/prorations")
COLUMNS = (
    Column("When, UTC", "instant"),
    Column("Customer"),
    Column("Subscription"),
    Column("From"),
    Column("To"),
    Column("Unused, USD", "usd"),
    Column("New share, USD", "usd"),
    Column("Discount, USD", "usd"),
    Column("Net, USD", "usd"),
    Column("Credits granted", "credits"),
    Column("Credits withdrawn", "credits"),
)


@bp.get("")
@requires(Permission.BILLING_READ)
def index() -> Response:
    """List changes in mid-period, the newest first."""
    at = now()
    month = day_of_month(at.year, at.month, 1)
    place = read_cursor(request.args.get("cursor", ""))
    with snapshot() as connection:
        found = prorations.all(connection, **_parameters(ROWS + 1, place))
        kpis = proration_kpis.one(connection, since=month, until=at + timedelta(seconds=1))
    rows = found[:ROWS]
    last = rows[-1] if len(found) > ROWS else None
    return render(
        "billing/prorations/index.html",
        "billing/prorations/_list.html",
        rows=rows,
        kpis=kpis,
        month=month,
        older=last and url_with(cursor=f"{last.effective_date.isoformat()}~{last.id}"),
        is_first=place is None,
        share=share,
        now=at,
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.BILLING_READ)
def export(file_type: str) -> Response:
    """Send every change in mid-period."""
    with snapshot() as connection:
        rows = prorations.all(connection, **_parameters(EVERY, None))
    lines = (
        [
            row.effective_date,
            row.customer_name,
            row.subscription_id,
            row.from_tier,
            row.to_tier,
            row.unused_credit_value_usd,
            row.new_tier_prorated_cost_usd,
            row.discount_usd,
            row.net_charge_usd,
            row.credits_granted,
            row.credits_withdrawn,
        ]
        for row in rows
    )
    return exported(f"prorations-{now():%Y-%m-%d}", "csv" if file_type == "csv" else "xlsx", COLUMNS, lines)


def share(row: ProrationRow) -> str:
    """How much of the billing period was left, in days and hours of all its days."""
    return f"{_time(row.billing_end - row.effective_date)} of {_time(row.billing_end - row.billing_start)}"


def _parameters(most: int, place: tuple[datetime, object] | None) -> dict[str, object]:
    date, identity = place or (None, None)
    return {
        "change_type": None,
        "subscription_id": as_uuid(request.args.get("subscription", "")),
        "before_date": date,
        "before_id": identity,
        "most": most,
    }


def _time(span: timedelta) -> str:
    hours = span.seconds // 3600
    return f"{span.days} d {hours} h" if hours else f"{span.days} d"
