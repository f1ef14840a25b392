"""The Overview's addresses."""

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import Permission, current_actor, now, requires
from dashboard.db import snapshot
from dashboard.engine.figures import Figures
from dashboard.pages.overview.attention import attention, timeline
from dashboard.pages.overview.explanations import explanation
from dashboard.pages.overview.tiers import tiers
from dashboard.pages.overview.tiles import chart, tiles
from dashboard.pages.overview.waiting import waits
from dashboard.reports import overview
from dashboard.reports.notices import WaitingRow, waiting_for
from dashboard.ui.exports import Column, exported
from dashboard.ui.htmx import render
from dashboard.ui.links import url_to
from dashboard.ui.periods import PeriodChoice, read_period

bp = Blueprint("overview", __name__)

TIER_COLUMNS = (
    Column("Tier"),
    Column("Multiplier", "multiplier"),
    Column("Customers", "count"),
    Column("Requests", "count"),
    Column("Credits deducted", "credits"),
    Column("Vendor cost, USD", "usd_exact"),
    Column("List revenue, USD", "usd_exact"),
    Column("Gross margin, USD", "usd_exact"),
    Column("Gross margin, %", "percent"),
    Column("Target, %", "percent"),
    Column("Realised revenue, USD", "usd_exact"),
    Column("Realised margin, USD", "usd_exact"),
    Column("Realised margin, %", "percent"),
)


@bp.get("/")
@requires(Permission.OVERVIEW_READ)
def index() -> Response:
    """Show what was earned in the period, and what asks for attention."""
    choice, read, waiting = _read()
    return render(
        "overview/index.html",
        "overview/_page.html",
        choice=choice,
        read=read,
        tiles=tiles(read),
        chart=chart(read),
        tier_rows=tiers(read),
        waiting=waits(waiting, now()),
        attention=attention(read),
        timeline=timeline(read),
        explanation=explanation(read, request.args.get("explain", "")),
    )


@bp.get("/overview")
@requires(Permission.OVERVIEW_READ)
def by_name() -> AnyResponse:
    """Go to the Overview under its name, keeping what was asked."""
    return redirect(url_to(url_for("overview.index")))


@bp.get("/overview/tiers/<any(csv, xlsx):file_type>")
@requires(Permission.OVERVIEW_READ)
def export(file_type: str) -> Response:
    """The table of tiers as a file, with the total of the screen."""
    choice, read, _ = _read()
    rows = [_tier_row(tier) for tier in read.tiers]
    figures = read.now.figures
    total = [
        "All tiers",
        None,
        read.now.customers,
        figures.requests,
        figures.credits_deducted,
        *_amounts(figures, read.target_percent),
    ]
    name = f"margin-by-tier-{choice.period.start}-{choice.period.last}"
    return exported(name, "csv" if file_type == "csv" else "xlsx", TIER_COLUMNS, rows, total)


def _read() -> tuple[PeriodChoice, overview.Overview, Sequence[WaitingRow]]:
    today = now().date()
    choice = read_period(today)
    with snapshot() as connection:
        waiting = waiting_for(connection, current_actor(), now())
        return choice, overview.read(connection, choice.period, today), waiting


def _tier_row(tier: overview.TierFigures) -> list[object]:
    figures = tier.figures
    return [
        tier.display_name,
        tier.multiplier,
        tier.customers,
        figures.requests,
        figures.credits_deducted,
        *_amounts(figures, tier.target_percent),
    ]


def _amounts(figures: Figures, target: object) -> list[object]:
    return [
        figures.vendor_cost_usd,
        figures.list_revenue_usd,
        figures.gross_margin_usd,
        figures.margin_percent,
        target,
        figures.realised_revenue_usd,
        figures.realised_margin_usd,
        figures.realised_margin_percent,
    ]
