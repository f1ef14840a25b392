"""The explorer's addresses."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from flask import Blueprint, Response
from sqlalchemy import Connection

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.figures import Figures
from dashboard.pages.finance.filters import replaced, selects
from dashboard.pages.finance.margins.asked import GROUPINGS, PER_TITLES, VALUES, VIEWS, Asked, asked
from dashboard.pages.finance.margins.drawing import chart, explanation, largest
from dashboard.pages.finance.margins.tree import Series, lines, ordered, shown, total_line, visible
from dashboard.reports.margins import Node, buckets, explore, series
from dashboard.reports.overview import standing
from dashboard.ui.exports import Column, exported
from dashboard.ui.htmx import render

bp = Blueprint("margins", __name__)

MOST_LINES = 50

FIGURE_COLUMNS = (
    Column("Requests", "count"),
    Column("Priced requests", "count"),
    Column("Unpriced requests", "count"),
    Column("Credits due", "credits"),
    Column("Credits deducted", "credits"),
    Column("Credits uncovered", "credits"),
    Column("Vendor cost, USD", "usd_exact"),
    Column("List revenue, USD", "usd_exact"),
    Column("Gross margin, USD", "usd_exact"),
    Column("Gross margin, %", "percent"),
    Column("Realised revenue, USD", "usd_exact"),
    Column("Realised margin, USD", "usd_exact"),
    Column("Realised margin, %", "percent"),
    Column("Price coverage, %", "percent"),
)
GROUP_TITLES = {
    "provider": "Provider",
    "model": "Model",
    "tier": "Tier",
    "customer": "Customer",
    "request_type": "Request type",
    "key_mode": "Key mode",
}


@bp.get("/finance/margins")
@requires(Permission.MARGINS_READ)
def index() -> Response:
    """Show margins by any grouping, over time and group by group."""
    with snapshot() as connection:
        question = asked(connection, now().date())
        root = explore(connection, question.question)
        days = buckets(question.question.period, question.question.per)
        over_time = _series(connection, question, root)
        stands = standing.one(connection)
    return render(
        "finance/margins/index.html",
        "finance/margins/_page.html",
        asked=question,
        root=root,
        chart=chart(question, root, over_time, days),
        lines=lines(question, root, over_time, days),
        total=total_line(question, root, over_time, days),
        explanation=explanation(question, root),
        standing=stands,
        groupings=list(GROUPINGS.items()),
        pers=list(PER_TITLES.items()),
        values=list(VALUES.items()),
        views=list(VIEWS.items()),
        selects=selects(question.question.filters, question.choices),
        replaced=replaced(question.question.filters),
    )


@bp.get("/finance/margins/export/<any(csv, xlsx):file_type>")
@requires(Permission.MARGINS_READ)
def export(file_type: str) -> Response:
    """Download every group of the explorer, with the total of the screen."""
    with snapshot() as connection:
        question = asked(connection, now().date())
        root = explore(connection, question.question)
    titles = [Column(GROUP_TITLES[name]) for name in question.question.groups]
    rows = [[*labels, *_amounts(figures)] for labels, figures in _leaves(question, root, [])]
    total: list[object] = ["All", *[None] * (len(titles) - 1), *_amounts(root.now)]
    period = question.choice.period
    name = f"margins-{question.grouping.replace(',', '-')}-{period.start}-{period.last}".replace("_", "-")
    return exported(name, "csv" if file_type == "csv" else "xlsx", [*titles, *FIGURE_COLUMNS], rows, total)


def _series(connection: Connection, question: Asked, root: Node) -> Series:
    """Lines over time of what is shown; by customer only for the chart and the first rows, so the page stays small."""
    groups = question.question.groups
    wanted = {(), *visible(question, root), *(node.path for node in largest(question, root.children))}
    if groups[0] == "customer":
        return _series_of_customers(connection, question, root)
    depth = groups.index("customer") if "customer" in groups else max(map(len, wanted))
    return series(connection, replace(question.question, groups=groups[:depth]), wanted)


def _series_of_customers(connection: Connection, question: Asked, root: Node) -> Series:
    nodes = [*shown(question, root.children)[:MOST_LINES], *largest(question, root.children)]
    some = {UUID(node.path[0]) for node in nodes if _is_uuid(node.path[0])}
    everyone = series(connection, replace(question.question, groups=()), {()})
    if not some:
        return everyone
    narrowed = replace(question.question.filters, customers=tuple(some))
    asked_of = replace(question.question, groups=("customer",), filters=narrowed)
    return series(connection, asked_of, {(str(one),) for one in some}) | everyone


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _leaves(question: Asked, node: Node, labels: list[str]) -> Iterator[tuple[list[str], Figures]]:
    for child in ordered(question, node.children):
        if child.children:
            yield from _leaves(question, child, [*labels, child.label])
        else:
            yield [*labels, child.label], child.now


def _amounts(figures: Figures) -> list[object]:
    return [
        figures.requests,
        figures.priced_requests,
        figures.unpriced_requests,
        figures.credits_due,
        figures.credits_deducted,
        figures.credits_uncovered,
        figures.vendor_cost_usd,
        figures.list_revenue_usd,
        figures.gross_margin_usd,
        figures.margin_percent,
        figures.realised_revenue_usd,
        figures.realised_margin_usd,
        figures.realised_margin_percent,
        figures.coverage_percent,
    ]
