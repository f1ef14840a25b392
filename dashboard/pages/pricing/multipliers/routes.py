"""Pricing → Multipliers: every rule in force, its target and what it earned."""

from flask import Blueprint, Response, abort

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.pages.pricing.multipliers.asked import asked
from dashboard.pages.pricing.multipliers.history import VersionLine, step_chart, version_lines
from dashboard.pages.pricing.multipliers.lines import Line, table, title_of
from dashboard.reports.overview import standing
from dashboard.reports.pricing.coverage import coverage
from dashboard.reports.pricing.multipliers import WINDOWS, Earned, Multipliers, ScopeHistory, history, multipliers
from dashboard.ui.exports import Column, Kind, exported
from dashboard.ui.htmx import render

bp = Blueprint("multipliers", __name__)

EARNED_TITLES: tuple[tuple[str, Kind], ...] = (
    ("Requests decided", "count"),
    ("Vendor cost, USD", "usd_exact"),
    ("List revenue, USD", "usd_exact"),
    ("Gross margin, USD", "usd_exact"),
    ("Gross margin, %", "percent"),
    ("Target of these days, %", "percent"),
    ("Realised revenue, USD", "usd_exact"),
    ("Realised margin, USD", "usd_exact"),
    ("Realised margin, %", "percent"),
)
COLUMNS = (
    Column("Applies to"),
    Column("Kind of rule"),
    Column("Multiplier now", "multiplier"),
    Column("Target margin now, %", "percent"),
    Column("In force since", "instant"),
    Column("Next multiplier", "multiplier"),
    Column("Next change", "instant"),
    *(Column(f"{title}, {days} days", kind) for days in WINDOWS for title, kind in EARNED_TITLES),
)

VERSION_COLUMNS = (
    Column("State"),
    Column("Multiplier", "multiplier"),
    Column("Change, %", "percent"),
    Column("Target margin, %", "percent"),
    Column("From", "instant"),
    Column("Until", "instant"),
    Column("Reason"),
    Column("Details"),
    Column("Who"),
    Column("Requests decided", "count"),
    Column("List revenue, USD", "usd_exact"),
    Column("Gross margin, USD", "usd_exact"),
    Column("Gross margin, %", "percent"),
)
LARGEST_ID = 2**63 - 1


@bp.get("/pricing/multipliers")
@requires(Permission.PRICING_READ)
def index() -> Response:
    """Show what holds now for each tier, provider, model and combination."""
    at = now()
    with snapshot() as connection:
        question = asked(connection, at)
        read = multipliers(connection, question.filters, at)
        covered = coverage(connection, at)
        stands = standing.one(connection)
    laid = table(question, read)
    return render(
        "pricing/multipliers/index.html",
        "pricing/multipliers/_page.html",
        asked=question,
        table=laid,
        coverage=covered,
        counts=_counts(read),
        following=min((line.next_at for line in laid.lines if line.next_at), default=None),
        standing=stands,
        now=at,
    )


@bp.get("/pricing/multipliers/export/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export(file_type: str) -> Response:
    """The table as a file, with the total of the screen and every window."""
    at = now()
    with snapshot() as connection:
        question = asked(connection, at)
        laid = table(question, multipliers(connection, question.filters, at))
    rows = [_row(line) for line in laid.lines]
    total = ["All", *[None] * 6, *(value for days in WINDOWS for value in _amounts(laid.earned[days]))]
    return exported(f"multipliers-{at:%Y-%m-%d}", "csv" if file_type == "csv" else "xlsx", COLUMNS, rows, total)


@bp.get("/pricing/multipliers/<int:scope_id>")
@requires(Permission.PRICING_READ)
def scope(scope_id: int) -> Response:
    """Show the history of one scope."""
    at = now()
    read = _history(scope_id)
    holding = next((rule for rule in read.rules if rule.dated.holds_at(at)), None)
    return render(
        "pricing/multipliers/show.html",
        scope_id=scope_id,
        title=title_of(read.named) if read.named else "A rule that never held",
        named=read.named,
        holding=holding,
        following=next((rule for rule in read.rules if rule.effective_from > at), None),
        chart=step_chart(read.rules, at),
        lines=version_lines(read, at),
        now=at,
    )


@bp.get("/pricing/multipliers/<int:scope_id>/export/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export_history(scope_id: int, file_type: str) -> Response:
    """The versions of one scope as a file."""
    read = _history(scope_id)
    rows = [_version_row(line) for line in version_lines(read, now())]
    return exported(f"multiplier-{scope_id}", "csv" if file_type == "csv" else "xlsx", VERSION_COLUMNS, rows)


def _history(scope_id: int) -> ScopeHistory:
    if scope_id > LARGEST_ID:
        abort(404)
    with snapshot() as connection:
        read = history(connection, scope_id, now())
    if not read.versions:
        abort(404)
    return read


def _version_row(line: VersionLine) -> list[object]:
    version = line.version
    figures = line.earned.figures if line.earned else None
    return [
        line.state,
        version.multiplier,
        line.change_percent,
        line.target,
        version.effective_from,
        version.effective_until,
        line.reason,
        version.reason_details,
        line.who,
        figures.requests if figures else None,
        figures.list_revenue_usd if figures else None,
        figures.gross_margin_usd if figures else None,
        figures.margin_percent if figures else None,
    ]


def _counts(read: Multipliers) -> tuple[int, int]:
    """How many rules are in force and how many scopes have a change planned."""
    in_force = sum(scope.now is not None for scope in read.scopes)
    return in_force, sum(scope.following is not None for scope in read.scopes)


def _row(line: Line) -> list[object]:
    scope = line.scope
    return [
        line.title,
        line.kind,
        scope.multiplier,
        scope.target_percent,
        line.since,
        scope.following.multiplier if scope.following else None,
        line.next_at,
        *(value for days in WINDOWS for value in _amounts(line.earned[days])),
    ]


def _amounts(earned: Earned) -> list[object]:
    figures = earned.figures
    return [
        figures.requests,
        figures.vendor_cost_usd,
        figures.list_revenue_usd,
        figures.gross_margin_usd,
        figures.margin_percent,
        earned.aimed_percent,
        figures.realised_revenue_usd,
        figures.realised_margin_usd,
        figures.realised_margin_percent,
    ]
