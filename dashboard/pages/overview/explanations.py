"""Explain this number: the formula with its figures, the rows behind it, the query and how fresh it is."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import url_for

from dashboard.reports.overview import Overview, active_customers, overview_days
from dashboard.ui.format import count, credits, full, instant, percent, plural, rate, usd


@dataclass(frozen=True, slots=True)
class Explanation:
    """What stands in the callout."""

    title: str
    formula: str
    rows: str
    query: str
    query_href: str
    rows_href: str
    freshness: str


def explanation(read: Overview, key: str) -> Explanation | None:
    """Explain one tile; None for an unknown one."""
    found = EXPLAINED.get(key)
    if found is None:
        return None
    title, formula = found
    query = active_customers if key == "active_customers" else overview_days
    period = read.period
    return Explanation(
        title=title(read),
        formula=formula(read),
        rows=_all_rows(read) if key in COUNT_ALL else rows_sentence(read),
        query=f"queries/{query.name}.sql",
        query_href=url_for("queries.show", name=query.name),
        rows_href=f"{url_for('ledger_rows.export', file_type='csv')}?{urlencode({'from': period.start, 'to': period.last})}",
        freshness=freshness(read),
    )


def rows_sentence(read: Overview) -> str:
    """How many requests are behind the figures, and which are left out."""
    figures = read.now.figures
    left_out = []
    if figures.unpriced_requests:
        left_out.append(f"{count(figures.unpriced_requests)} without a vendor price")
    if figures.uncharged_requests:
        left_out.append(
            f"{count(figures.uncharged_requests)} failed, limited or with the customer’s own key, at no cost"
        )
    sentence = f"{plural(figures.priced_requests, 'priced request')} of {count(figures.requests)}."
    return f"{sentence} Left out: {', '.join(left_out)}." if left_out else sentence


def _all_rows(read: Overview) -> str:
    return f"{plural(read.now.figures.requests, 'request')}, none left out."


def freshness(read: Overview) -> str:
    """Which part was summed beforehand, and that both together are the ledger."""
    waiting = read.standing.waiting_rows
    added = f"Summaries plus {plural(waiting, 'later row')}" if waiting else "Summaries, with no row waiting"
    return f"{added}, together the ledger as of {instant(read.standing.read_at, seconds=True)}"


def _list_revenue(read: Overview) -> str:
    figures = read.now.figures
    return (
        f"Σ credits deducted × unit value of each request − reversals = {credits(figures.credits_deducted, unit=True)} "
        f"less {credits(figures.credits_reversed)} reversed = {full(figures.list_revenue_usd, 'usd')}"
    )


def _vendor_cost(read: Overview) -> str:
    return (
        "Σ tokens ÷ 1,000 × the vendor’s price at the start of each request, or the cost reported with it = "
        f"{full(read.now.figures.vendor_cost_usd, 'usd')}"
    )


def _gross_margin(read: Overview) -> str:
    figures = read.now.figures
    return (
        f"list revenue − vendor cost = {full(figures.list_revenue_usd, 'usd')} − {full(figures.vendor_cost_usd, 'usd')} "
        f"= {full(figures.gross_margin_usd, 'usd')}"
    )


def _margin_percent(read: Overview) -> str:
    figures = read.now.figures
    exact = "–" if figures.margin_percent is None else f"{figures.margin_percent:.4f}%"
    return (
        f"(list revenue − vendor cost) ÷ list revenue = ({usd(figures.list_revenue_usd)} − "
        f"{usd(figures.vendor_cost_usd)}) ÷ {usd(figures.list_revenue_usd)} = {exact}. The target, "
        f"{percent(read.target_percent)}, is that of the rule that decided each request, (m − 1) ÷ m or as it was set, "
        "weighed by list revenue; Pricing → Multipliers says the same of the same days."
    )


def _credits(read: Overview) -> str:
    figures = read.now.figures
    return (
        f"credits due − uncovered = {credits(figures.credits_due)} − {credits(figures.credits_uncovered)} = "
        f"{credits(figures.credits_deducted)}"
    )


def _requests(read: Overview) -> str:
    now = read.now
    return (
        f"every request, whatever its outcome: {count(now.succeeded)} succeeded + {count(now.cancelled)} cancelled + "
        f"{count(now.failed)} failed or limited = {count(now.figures.requests)}"
    )


def _customers(read: Overview) -> str:
    now = read.now
    return (
        f"customers with at least one request in these days, each counted once: {count(now.customers)}, of whom "
        f"{count(now.free_customers)} were on the free tier and {count(now.customers - now.free_customers)} never"
    )


def _success(read: Overview) -> str:
    now = read.now
    exact = "–" if now.success_percent is None else f"{now.success_percent:.4f}%"
    return (
        f"succeeded ÷ (all − cancelled) = {count(now.succeeded)} ÷ ({count(now.figures.requests)} − "
        f"{count(now.cancelled)}) = {exact}"
    )


def _coverage(read: Overview) -> str:
    figures = read.now.figures
    exact = "–" if figures.coverage_percent is None else f"{figures.coverage_percent:.4f}%"
    return (
        f"priced ÷ (priced + unpriced) = {count(figures.priced_requests)} ÷ ({count(figures.priced_requests)} + "
        f"{count(figures.unpriced_requests)}) = {exact}"
    )


COUNT_ALL = frozenset({"requests", "active_customers", "success_rate"})
Words = Callable[[Overview], str]

EXPLAINED: dict[str, tuple[Words, Words]] = {
    "list_revenue": (lambda read: f"{usd(read.now.figures.list_revenue_usd)}, list revenue", _list_revenue),
    "vendor_cost": (lambda read: f"{usd(read.now.figures.vendor_cost_usd)}, vendor cost", _vendor_cost),
    "gross_margin": (lambda read: f"{usd(read.now.figures.gross_margin_usd)}, gross margin", _gross_margin),
    "margin_percent": (lambda read: f"{percent(read.now.figures.margin_percent)}, gross margin", _margin_percent),
    "credits_deducted": (lambda read: f"{credits(read.now.figures.credits_deducted, unit=True)} deducted", _credits),
    "requests": (lambda read: plural(read.now.figures.requests, "request"), _requests),
    "active_customers": (lambda read: plural(read.now.customers, "active customer"), _customers),
    "success_rate": (lambda read: f"{rate(read.now.success_percent)}, success rate", _success),
    "coverage": (lambda read: f"{rate(read.now.figures.coverage_percent)}, price coverage", _coverage),
}
