"""The addresses of customers."""

from flask import Blueprint, Response

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.figures import Figures
from dashboard.engine.liability import CATEGORIES
from dashboard.engine.profitability import Basis, lost_usd, subsidy, top_share_percent
from dashboard.pages.finance.customers import explaining
from dashboard.pages.finance.customers.asked import VALUES, VIEWS, WHICH, Asked, asked
from dashboard.pages.finance.customers.drawing import curve
from dashboard.pages.finance.customers.ranking import Line, listed, ranking, together
from dashboard.pages.finance.liability.words import CATEGORY_TITLES
from dashboard.reports.margins import by_customer
from dashboard.reports.overview import standing
from dashboard.reports.profitability import Customers, customer_credits, customers, is_by_kind
from dashboard.ui.changes import change
from dashboard.ui.exports import Column, FileType, Row, exported
from dashboard.ui.htmx import render

bp = Blueprint("finance_customers", __name__)

FIGURE_COLUMNS = (
    Column("Requests", "count"),
    Column("Unpriced requests", "count"),
    Column("Credits deducted", "credits"),
    Column("Credits uncovered", "credits"),
    Column("Vendor cost, USD", "usd_exact"),
    Column("List revenue, USD", "usd_exact"),
    Column("Gross margin, USD", "usd_exact"),
    Column("Gross margin, %", "percent"),
    Column("Realised revenue, USD", "usd_exact"),
    Column("Realised margin, USD", "usd_exact"),
    Column("Realised margin, %", "percent"),
)
KIND_COLUMNS = tuple(
    column
    for title in CATEGORY_TITLES.values()
    for column in (
        Column(f"{title} credits used", "credits"),
        Column(f"Paid for {title.lower()} credits, USD", "usd_exact"),
    )
)
CUSTOMER_COLUMNS = (Column("Customer"), Column("Customer id"), Column("Tiers"))


@bp.get("/finance/customers")
@requires(Permission.MARGINS_READ)
def index() -> Response:
    """Show customers by what they earn, who loses, and what the free tiers cost."""
    with snapshot() as connection:
        question = asked(connection, now().date())
        found = customers(connection, question.question)
        stands = standing.one(connection)
    value = question.value
    losing = [one for one in found.accounts if value.loses(one)]
    unpaid = [one for one in found.accounts if one.pays_nothing]
    free = subsidy(found.accounts, found.free_tiers)
    share = top_share_percent(found.accounts, value)
    return render(
        "finance/customers/index.html",
        "finance/customers/_page.html",
        asked=question,
        found=found,
        ranking=ranking(question, found),
        curve=curve(question, found),
        margin_change=change(value.margin_usd(found.now), value.margin_usd(found.before), "usd", "up"),
        losing=together(question, "Losing", losing, value.revenue_usd(found.now)),
        losing_count=len(losing),
        lost_change=change(lost_usd(found.accounts, value), lost_usd(found.previous, value), "usd", "up"),
        subsidy_change=change(free.amount_usd, subsidy(found.previous, found.free_tiers).amount_usd, "usd", "down"),
        top_change=change(share, top_share_percent(found.previous, value), "percent"),
        unpaid_count=len(unpaid),
        subsidy=free,
        top_share=share,
        is_by_kind=is_by_kind(question.question.filters),
        explain_margin=explaining.margin(question, found),
        explain_losses=explaining.losses(question, losing, unpaid),
        explain_subsidy=explaining.subsidised(free, [question.tiers.get(one, one) for one in found.free_tiers]),
        explain_top=explaining.concentrated(question, found, share),
        values=list(VALUES.items()),
        views=list(VIEWS.items()),
        which=list(WHICH.items()),
        kinds=list(CATEGORY_TITLES.values()),
        standing=stands,
        query=by_customer.name,
        credits_query=customer_credits.name,
    )


@bp.get("/finance/customers/export/<any(csv, xlsx):file_type>")
@requires(Permission.MARGINS_READ)
def export(file_type: str) -> Response:
    """Download every customer of the list, with the total of the screen."""
    question, found = _read()
    accounts = listed(question, found)
    rows: list[Row] = [
        [one.name, one.id, ", ".join(tier for tier, _ in one.tiers), *_amounts(one.now), *_kinds(one.basis)]
        for one in accounts
    ]
    whole = together(question, "All", accounts, question.value.revenue_usd(found.now))
    total = ["All", None, None, *_amounts(whole.figures), *_kinds_of(whole)]
    return _file(question, "customers", file_type, [*CUSTOMER_COLUMNS, *FIGURE_COLUMNS, *KIND_COLUMNS], rows, total)


@bp.get("/finance/customers/tiers/<any(csv, xlsx):file_type>")
@requires(Permission.MARGINS_READ)
def by_tier(file_type: str) -> Response:
    """Download every customer of the list by the tier of their requests, with the same total."""
    question, found = _read()
    accounts = listed(question, found)
    rows: list[Row] = [[one.name, one.id, tier, *_amounts(figures)] for one in accounts for tier, figures in one.tiers]
    whole = together(question, "All", accounts, question.value.revenue_usd(found.now))
    total = ["All", None, None, *_amounts(whole.figures)]
    return _file(
        question, "customers-by-tier", file_type, [*CUSTOMER_COLUMNS[:2], Column("Tier"), *FIGURE_COLUMNS], rows, total
    )


def _read() -> tuple[Asked, Customers]:
    with snapshot() as connection:
        question = asked(connection, now().date())
        return question, customers(connection, question.question)


def _file(question: Asked, name: str, file_type: str, columns: list[Column], rows: list[Row], total: Row) -> Response:
    period = question.choice.period
    kind: FileType = "csv" if file_type == "csv" else "xlsx"
    return exported(f"{name}-{period.start}-{period.last}", kind, columns, rows, total)


def _amounts(figures: Figures) -> list[object]:
    return [
        figures.requests,
        figures.unpriced_requests,
        figures.credits_deducted,
        figures.credits_uncovered,
        figures.vendor_cost_usd,
        figures.list_revenue_usd,
        figures.gross_margin_usd,
        figures.margin_percent,
        figures.realised_revenue_usd,
        figures.realised_margin_usd,
        figures.realised_margin_percent,
    ]


def _kinds(basis: object) -> list[object]:
    known = basis if isinstance(basis, dict) else {}
    found = [known.get(name) for name in CATEGORIES]
    return [amount for one in found for amount in _pair(one)]


def _kinds_of(line: Line) -> list[object]:
    found: tuple[Basis | None, ...] = line.basis or (None,) * len(CATEGORIES)
    return [amount for one in found for amount in _pair(one)]


def _pair(one: Basis | None) -> tuple[object, object]:
    return (None, None) if one is None else (one.credits, one.realised_usd)
