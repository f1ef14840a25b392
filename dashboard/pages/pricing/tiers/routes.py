"""Tiers and the credit policy as they hold: the addresses that read."""

from flask import Blueprint, Response

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.pages.pricing.tiers.files import TIER_COLUMNS, VERSION_COLUMNS, tier_line, version_line
from dashboard.pages.pricing.tiers.showing import tier_page, words
from dashboard.reports.pricing.tiers import changes, credit_policies, last_days, tiers, tiers_now, versions_of
from dashboard.ui.exports import exported
from dashboard.ui.htmx import render

bp = Blueprint("tiers", __name__, url_prefix="/pricing/tiers")


@bp.get("")
@requires(Permission.PRICING_READ)
def index() -> Response:
    """Show every tier and the credit policy as they hold now, and what waits for a second person."""
    at = now()
    with snapshot() as connection:
        rows = tiers_now(connection, at)
        policies = credit_policies.all(connection)
        asked = changes(connection, at)
    days = last_days(at)
    return render(
        "pricing/tiers/index.html",
        rows=rows,
        policies=policies,
        asked=asked,
        days=days,
        now=at,
        query=tiers.name,
        **words(rows),
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export(file_type: str) -> Response:
    """Download every tier as it holds now."""
    with snapshot() as connection:
        rows = tiers_now(connection, now())
    return exported("tiers", "csv" if file_type == "csv" else "xlsx", TIER_COLUMNS, [tier_line(row) for row in rows])


@bp.get("/versions/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export_versions(file_type: str) -> Response:
    """Download every version of every tier."""
    with snapshot() as connection:
        lines = [version_line(row) for row in versions_of(connection)]
    return exported("tier-versions", "csv" if file_type == "csv" else "xlsx", VERSION_COLUMNS, lines)


@bp.get("/<tier>")
@requires(Permission.PRICING_READ)
def show(tier: str) -> Response:
    """Show one tier: its versions, who uses how much of it, and what comes next."""
    return tier_page(tier)
