"""Pricing → Vendor prices: what each model costs us now, and the history of one."""

from datetime import datetime
from decimal import Decimal

from flask import Blueprint, Response

from dashboard.access import Permission, now, requires
from dashboard.actions.correct_usage import ALWAYS, FOR_EVER
from dashboard.db import snapshot
from dashboard.pages.pricing.vendor_prices.asked import STANDINGS, Asked, asked, page_of
from dashboard.pages.pricing.vendor_prices.drawing import step_chart
from dashboard.reports.pricing.price_lines import said_of, vendor_price_sources
from dashboard.reports.pricing.vendor_prices import (
    ModelRow,
    PriceRow,
    corrections_due,
    last_month,
    vendor_models,
    vendor_price_history,
)
from dashboard.ui.exports import Column, exported
from dashboard.ui.htmx import refusal, render

bp = Blueprint("vendor_prices", __name__, url_prefix="/pricing/vendor-prices")

SHOWS = {"all": "All models", **STANDINGS}
SORTS = ("model", "input", "output", "change", "since", "verified", "requests", "cost", "waiting")
MOST_UNPRICED = 5
COLUMNS = (
    Column("Provider"),
    Column("Model"),
    Column("Input, USD per 1,000 tokens", "usd_exact"),
    Column("Output, USD per 1,000 tokens", "usd_exact"),
    Column("Cached input, USD per 1,000 tokens", "usd_exact"),
    Column("Cache write, USD per 1,000 tokens", "usd_exact"),
    Column("Since", "instant"),
    Column("Last change, input %", "percent"),
    Column("Last change, output %", "percent"),
    Column("Source"),
    Column("Last verified", "instant"),
    Column("Requests, 30 days", "count"),
    Column("Vendor cost, 30 days, USD", "usd_exact"),
    Column("Requests without a price", "count"),
    Column("Differences to decide", "count"),
)
HISTORY_COLUMNS = (
    Column("From", "instant"),
    Column("Until", "instant"),
    Column("Input, USD per 1,000 tokens", "usd_exact"),
    Column("Output, USD per 1,000 tokens", "usd_exact"),
    Column("Cached input, USD per 1,000 tokens", "usd_exact"),
    Column("Cache write, USD per 1,000 tokens", "usd_exact"),
    Column("Context size, tokens", "count"),
    Column("Input change, %", "percent"),
    Column("Output change, %", "percent"),
    Column("Source"),
    Column("Set by"),
    Column("Last verified", "instant"),
    Column("Requests", "count"),
    Column("Vendor cost, USD", "usd_exact"),
)


@bp.get("")
@requires(Permission.PRICING_READ)
def index() -> Response:
    """Show every model's price, what has none on top, and where the sources stand."""
    at = now()
    question = asked(SHOWS, "all", SORTS, "-cost")
    with snapshot() as connection:
        start, end = last_month(at.date())
        every = vendor_models.all(connection, at=at, start=start, end=end)
        sources = vendor_price_sources.all(connection)
    found = _ordered(question, [row for row in every if _is_asked(question, row, at)])
    unpriced = sorted((row for row in every if row.waiting), key=lambda row: (row.price_id is not None, -row.waiting))
    return render(
        "pricing/vendor_prices/index.html",
        "pricing/vendor_prices/_page.html",
        asked=question,
        listed=page_of(found, question, "model"),
        shows=list(SHOWS.items()),
        providers=sorted({(row.provider, row.provider_name) for row in every}),
        unpriced=unpriced[:MOST_UNPRICED],
        more_unpriced=len(unpriced) - MOST_UNPRICED,
        counts=_counts(every, at),
        sources=sources,
        days=(start, end),
        now=at,
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export(file_type: str) -> Response:
    """The models of the screen as a file, all pages of them."""
    at = now()
    question = asked(SHOWS, "all", SORTS, "-cost")
    with snapshot() as connection:
        start, end = last_month(at.date())
        every = vendor_models.all(connection, at=at, start=start, end=end)
    found = _ordered(question, [row for row in every if _is_asked(question, row, at)])
    total: list[object] = ["All", *[None] * 10, *_sums(found), None]
    return exported(
        f"vendor-prices-{at:%Y-%m-%d}", "csv" if file_type == "csv" else "xlsx", COLUMNS, map(_row, found), total
    )


@bp.get("/<provider>/<path:model>")
@requires(Permission.PRICING_READ)
def show(provider: str, model: str) -> Response:
    """Show every price one model had, the usage at each, what sources say, and usage that could be corrected."""
    at = now()
    with snapshot() as connection:
        start, end = last_month(at.date())
        every = vendor_models.all(connection, at=at, start=start, end=end)
        row = next((row for row in every if (row.provider, row.model) == (provider, model)), None)
        prices = vendor_price_history.all(connection, provider=provider, model=model)
        said = said_of(connection, provider, model)
        due = corrections_due.all(connection, provider=provider, model=model, start=ALWAYS, end=FOR_EVER)
    if row is None and not said:
        return refusal(
            404, f"Nothing is known of a model {model[:80]} of {provider[:40]}. Look for it among all models."
        )
    return render(
        "pricing/vendor_prices/show.html",
        row=row,
        provider=provider,
        model=model,
        prices=prices,
        holding=next((price for price in prices if price.holds_at(at)), None),
        chart=step_chart(prices, at),
        said=said,
        due=due,
        now=at,
    )


@bp.get("/export/<any(csv, xlsx):file_type>/<provider>/<path:model>")
@requires(Permission.PRICING_READ)
def export_history(file_type: str, provider: str, model: str) -> Response:
    """The prices of one model as a file."""
    with snapshot() as connection:
        prices = vendor_price_history.all(connection, provider=provider, model=model)
    name = "".join(letter if letter.isalnum() or letter in ".-" else "-" for letter in f"{provider}-{model}")[:80]
    return exported(
        f"vendor-prices-{name}",
        "csv" if file_type == "csv" else "xlsx",
        HISTORY_COLUMNS,
        map(_history_row, prices),
    )


def _is_asked(question: Asked, row: ModelRow, at: datetime) -> bool:
    standing = {
        "all": True,
        "unpriced": row.price_id is None or bool(row.waiting),
        "stale": row.is_stale(at),
        "changed": bool(row.differences),
    }
    return standing[question.show] and question.finds(row.provider, row.model)


def _ordered(question: Asked, rows: list[ModelRow]) -> list[ModelRow]:
    """Order as asked; models without a price come first, unknown values last."""
    reverse = question.sort.direction == "descending"
    values = {row: _value(question.sort.key, row) for row in rows}
    known = sorted((row for row in rows if values[row] is not None), key=lambda row: values[row], reverse=reverse)  # type: ignore[arg-type,return-value] # one kind of value per key
    unknown = [row for row in rows if values[row] is None]
    return sorted([*known, *unknown], key=lambda row: not (row.waiting and row.price_id is None))


def _value(key: str, row: ModelRow) -> object:
    change = row.largest_change
    values: dict[str, object] = {
        "model": (row.model.lower(), row.provider),
        "input": row.input_usd,
        "output": row.output_usd,
        "change": None if change is None else abs(change),
        "since": row.effective_from,
        "verified": row.last_verified,
        "requests": row.requests,
        "cost": row.vendor_cost_usd,
        "waiting": row.waiting,
    }
    return values[key]


def _counts(rows: list[ModelRow], at: datetime) -> dict[str, int]:
    return {
        "models": sum(row.price_id is not None for row in rows),
        "unpriced": sum(row.waiting > 0 and row.price_id is None for row in rows),
        "waiting": sum(row.waiting for row in rows if row.price_id is None),
        "uncorrected": sum(row.waiting for row in rows if row.price_id is not None),
        "stale": sum(row.is_stale(at) for row in rows),
        "act": sum(row.act_since is not None for row in rows),
        "changed": sum(row.differences > 0 and row.price_id is not None for row in rows),
    }


def _sums(rows: list[ModelRow]) -> tuple[int, Decimal, int]:
    return (
        sum(row.requests for row in rows),
        sum((row.vendor_cost_usd for row in rows), Decimal(0)),
        sum(row.waiting for row in rows),
    )


def _row(row: ModelRow) -> list[object]:
    return [
        row.provider_name,
        row.model,
        row.input_usd,
        row.output_usd,
        row.cached_usd,
        row.written_usd,
        row.effective_from,
        row.change_percent_input,
        row.change_percent_output,
        row.source,
        row.last_verified,
        row.requests,
        row.vendor_cost_usd,
        row.waiting,
        row.differences,
    ]


def _history_row(price: PriceRow) -> list[object]:
    return [
        price.effective_from,
        price.effective_until,
        price.input_usd,
        price.output_usd,
        price.cached_usd,
        price.written_usd,
        price.threshold_tokens,
        price.change_percent_input,
        price.change_percent_output,
        price.source,
        price.set_by,
        price.last_verified,
        price.requests,
        price.vendor_cost_usd,
    ]
