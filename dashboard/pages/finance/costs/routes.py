"""The addresses of costs."""

from flask import Blueprint, Response

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.pages.finance.costs.asked import asked
from dashboard.pages.finance.costs.spread import few_digits, spread
from dashboard.pages.finance.costs.tables import Row, chart, model_rows, provider_rows, total_row
from dashboard.reports.costs import (
    cost_histogram,
    costs,
    costs_by_model,
    costs_by_model_of_customers,
    dearest_requests,
    distribution,
)
from dashboard.reports.margins import buckets
from dashboard.reports.overview import standing
from dashboard.ui.exports import Column, exported
from dashboard.ui.format import rounded_to
from dashboard.ui.htmx import render

bp = Blueprint("costs", __name__)

COLUMNS = (
    Column("Requests", "count"),
    Column("Priced requests", "count"),
    Column("Unpriced requests", "count"),
    Column("Vendor cost, USD", "usd_exact"),
    Column("Average per priced request, USD", "usd_exact"),
    Column("Share, %", "percent"),
    Column("Vendor cost before, USD", "usd_exact"),
    Column("Change, %", "percent"),
)
AVERAGE_DECIMALS, PERCENT_DECIMALS = 12, 6


@bp.get("/finance/costs")
@requires(Permission.COSTS_READ)
def index() -> Response:
    """Show what providers charged, and how it is spread over requests."""
    with snapshot() as connection:
        question = asked(connection, now().date())
        found = costs(connection, question.period, question.filters, question.per)
        spread_now = spread(
            distribution(connection, question.period, question.filters),
            dearest_requests(connection, question.period, question.filters),
        )
        stands = standing.one(connection)
    days = buckets(question.period, question.per)
    query = costs_by_model_of_customers if question.filters.customers else costs_by_model
    return render(
        "finance/costs/index.html",
        "finance/costs/_page.html",
        asked=question,
        costs=found,
        chart=chart(question, found, days),
        providers=provider_rows(question, found, days),
        models=model_rows(question, found, days),
        total=total_row(found, days),
        spread=spread_now,
        standing=stands,
        costs_query=query.name,
        spread_query=cost_histogram.name,
        few_digits=few_digits,
    )


@bp.get("/finance/costs/<any(providers, models):table>/<any(csv, xlsx):file_type>")
@requires(Permission.COSTS_READ)
def export(table: str, file_type: str) -> Response:
    """Download one of the tables, with the total of the screen."""
    with snapshot() as connection:
        question = asked(connection, now().date())
        found = costs(connection, question.period, question.filters, question.per)
    days = buckets(question.period, question.per)
    by_model = table == "models"
    lines = model_rows(question, found, days) if by_model else provider_rows(question, found, days)
    titles = [Column("Provider"), Column("Model")] if by_model else [Column("Provider")]
    rows = [[row.provider_title, *([row.title] if by_model else []), *_amounts(row)] for row in lines]
    total = ["All", *([None] if by_model else []), *_amounts(total_row(found, days))]
    name = f"costs-by-{'model' if by_model else 'provider'}-{question.period.start}-{question.period.last}"
    return exported(name, "csv" if file_type == "csv" else "xlsx", [*titles, *COLUMNS], rows, total)


def _amounts(row: Row) -> list[object]:
    unknown = row.now.is_unpriced
    average, change = row.now.average_usd, row.change_percent
    return [
        row.now.requests,
        row.now.priced_requests,
        row.now.unpriced_requests,
        None if unknown else row.now.vendor_cost_usd,
        None if average is None else rounded_to(average, AVERAGE_DECIMALS),
        row.share,
        row.before.vendor_cost_usd,
        None if change is None else rounded_to(change, PERCENT_DECIMALS),
    ]
