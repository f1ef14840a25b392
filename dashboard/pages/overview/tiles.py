"""The tiles of the Overview, and the chart of the gap between revenue and cost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.engine.figures import Figures
from dashboard.reports.overview import Overview, Totals
from dashboard.ui.changes import Better, Change, Kind, change
from dashboard.ui.charts import Spec, spec
from dashboard.ui.format import count, credits, day, percent, plural, usd, usd_exact
from dashboard.ui.links import url_with
from dashboard.ui.plots import Below, Plot, Series, lines
from dashboard.ui.svg import Sparkline, sparkline

LOW_DAY_POINTS = Decimal(3)
MOST_LOSSES = 4
MOST_UNPRICED = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with its sparkline, comparison and notes."""

    title: str
    value: Decimal | int | None
    kind: str
    href: str
    spark: Sparkline | None
    change: Change | None
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Chart:
    """Revenue, cost and the margin between them, by day."""

    plot: Plot | None
    spec: Spec | None
    key: list[tuple[str, int, str]]
    days: list[tuple[date, Figures, Decimal | None]]


@dataclass(frozen=True, slots=True)
class Kept:
    """How a tile is made: its value, what is better, its sparkline and its note."""

    title: str
    key: str
    kind: Kind
    better: Better
    value: Callable[[Totals], Decimal | int | None]
    note: Callable[[Overview], str]
    by_day: Callable[[Figures], Decimal | None] | None = None


MONEY = (
    Kept(
        title="List revenue",
        key="list_revenue",
        kind="usd",
        better="up",
        value=lambda totals: totals.figures.list_revenue_usd,
        note=lambda read: f"realised {usd(read.now.figures.realised_revenue_usd)}",
        by_day=lambda figures: figures.list_revenue_usd,
    ),
    Kept(
        title="Vendor cost",
        key="vendor_cost",
        kind="usd",
        better=None,
        value=lambda totals: totals.figures.vendor_cost_usd,
        note=lambda read: _per_request(read.now),
        by_day=lambda figures: figures.vendor_cost_usd,
    ),
    Kept(
        title="Gross margin",
        key="gross_margin",
        kind="usd",
        better="up",
        value=lambda totals: totals.figures.gross_margin_usd,
        note=lambda read: f"realised {usd(read.now.figures.realised_margin_usd)}",
        by_day=lambda figures: figures.gross_margin_usd,
    ),
    Kept(
        title="Gross margin %",
        key="margin_percent",
        kind="percent",
        better="up",
        value=lambda totals: totals.figures.margin_percent,
        note=lambda read: (
            f"target {percent(read.target_percent)} · realised {percent(read.now.figures.realised_margin_percent)}"
        ),
        by_day=lambda figures: figures.margin_percent,
    ),
)
COUNTS = (
    Kept(
        title="Credits deducted",
        key="credits_deducted",
        kind="credits",
        better=None,
        value=lambda totals: totals.figures.credits_deducted,
        note=lambda read: f"{credits(read.now.figures.credits_uncovered)} uncovered",
    ),
    Kept(
        title="Requests",
        key="requests",
        kind="count",
        better=None,
        value=lambda totals: totals.figures.requests,
        note=lambda read: f"{count(read.now.own_key)} with own key",
    ),
    Kept(
        title="Active customers",
        key="active_customers",
        kind="count",
        better="up",
        value=lambda totals: totals.customers,
        note=lambda read: (
            f"{count(read.now.customers - read.now.free_customers)} paying, {count(read.now.free_customers)} free"
        ),
    ),
    Kept(
        title="Success rate",
        key="success_rate",
        kind="rate",
        better="up",
        value=lambda totals: totals.success_percent,
        note=lambda read: f"{count(read.now.failed)} failed or limited",
    ),
    Kept(
        title="Price coverage",
        key="coverage",
        kind="rate",
        better="up",
        value=lambda totals: totals.figures.coverage_percent,
        note=lambda read: f"{plural(read.now.figures.unpriced_requests, 'request')} unpriced",
    ),
)


def tiles(read: Overview) -> list[list[Tile]]:
    """Four money tiles, then five smaller ones."""
    return [[_tile(read, kept) for kept in row] for row in (MONEY, COUNTS)]


def chart(read: Overview) -> Chart:
    """The gap between revenue and cost is the margin; below it the margin in percent, now and before."""
    days = list(read.days)
    now, before = read.now.figures, read.before.figures
    figures, begun = list(read.days.values()), _begun(read)
    percents = [one.margin_percent for one in figures]
    earlier = [one.margin_percent for one in read.days_before.values()]
    has_before = any(value is not None for value in earlier)
    plot = (
        lines(
            days,
            [
                Series("List revenue", [one.list_revenue_usd if one else None for one in begun], 1),
                Series("Vendor cost", [one.vendor_cost_usd if one else None for one in begun], 0),
            ],
            label=_chart_label(days, percents),
            between=(0, 1),
            note=_low_day(days, percents, now.margin_percent),
            below=Below(
                [Series("Gross margin", percents, 1)]
                + ([Series("Period before", earlier, 0, dashed=True)] if has_before else []),
                label="Gross margin per cent by day, against the period before",
            ),
        )
        if now.requests
        else None
    )
    key = [
        ("fill", 1, f"List revenue {usd(now.list_revenue_usd)}"),
        ("fill", 0, f"Vendor cost {usd(now.vendor_cost_usd)}"),
        ("faint", 1, f"Gross margin {usd(now.gross_margin_usd)}, {percent(now.margin_percent)}"),
    ]
    if has_before:
        key.append(("dash", 0, f"{plural(read.period.days, 'day')} before, {percent(before.margin_percent)}"))
    rows = list(zip(days, figures, earlier, strict=True))
    return Chart(plot, spec(plot) if plot else None, key, rows)


def _tile(read: Overview, kept: Kept) -> Tile:
    spark = None
    if kept.by_day and read.period.days > 1:
        values = [kept.by_day(one) for one in _begun(read) if one]
        spark = sparkline(values, f"{kept.title} by day", height=24)
    had_before = read.before.figures.requests > 0
    moved = change(kept.value(read.now), kept.value(read.before), kept.kind, kept.better) if had_before else None
    href = url_with(explain=kept.key) + "#explain"
    return Tile(kept.title, kept.value(read.now), kept.kind, href, spark, moved, [kept.note(read)])


def _begun(read: Overview) -> list[Figures | None]:
    """The days' figures, with nothing for those before the first request: a zero would be a claim."""
    figures = list(read.days.values())
    first = 0 if read.before.figures.requests else _first(figures)
    return [None] * first + figures[first:]


def _first(figures: list[Figures]) -> int:
    return next((place for place, one in enumerate(figures) if one.requests), len(figures))


def _per_request(now: Totals) -> str:
    if now.figures.priced_requests == 0:
        return "no priced request"
    each = now.figures.vendor_cost_usd / now.figures.priced_requests
    return f"{usd_exact(each, 5)} per priced request"


def _chart_label(days: list[date], percents: list[Decimal | None]) -> str:
    known = [(value, on) for value, on in zip(percents, days, strict=True) if value is not None]
    lowest = f" Lowest margin on {day(min(known)[1], year=False)}." if known else ""
    return f"List revenue and vendor cost by day; the gap between them is the gross margin.{lowest}"


def _low_day(days: list[date], percents: list[Decimal | None], average: Decimal | None) -> tuple[int, str] | None:
    """Name the lowest day where it stands out from the period."""
    known = [(value, place) for place, value in enumerate(percents) if value is not None]
    if not known or average is None or len(known) < 3:  # noqa: PLR2004 - two days have no outlier
        return None
    value, place = min(known)
    if average - value < LOW_DAY_POINTS:
        return None
    return place, f"{day(days[place], year=False)}: lowest margin, {percent(value)}"
