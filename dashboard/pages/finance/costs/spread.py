"""How costs are spread over requests: four figures, a histogram, and the dearest requests."""

from dataclasses import dataclass
from decimal import Decimal

from flask import url_for

from dashboard.engine.distribution import Range, mean_usd, percentile_usd, ranges
from dashboard.engine.margin import percent
from dashboard.reports.costs import Dearest, Distribution
from dashboard.ui.changes import Change, change
from dashboard.ui.format import DASH, UNKNOWN, full, rounded_to, shares, usd_exact
from dashboard.ui.histogram import Bar, histogram
from dashboard.ui.plots import Plot

SHOWN_DIGITS, MEAN_DECIMALS = 3, 12
PERCENTILES = ((50, "Median"), (95, "95th percentile"), (99, "99th percentile"))
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the distribution: shown with three digits, with all of them where it is exact."""

    title: str
    shown: str
    full: str | None
    change: Change | None
    note: str


@dataclass(frozen=True, slots=True)
class RangeRow:
    """One bar as a row: shares in per cent."""

    title: str
    requests: int
    share: Decimal | None
    up_to: Decimal | None
    cost_usd: Decimal
    cost_share: Decimal | None


@dataclass(frozen=True, slots=True)
class Outlier:
    """One of the dearest requests, and how many times its model's 99th percentile it cost."""

    request: Dearest
    href: str
    p99: str
    times: str


@dataclass(frozen=True, slots=True)
class Spread:
    """All of it, and how many requests it is of."""

    requests: int
    cost_usd: Decimal
    figures: list[Figure]
    plot: Plot | None
    rows: list[RangeRow]
    outliers: list[Outlier]


def spread(found: Distribution, dearest: list[Dearest]) -> Spread:
    """Draw the distribution."""
    grouped = ranges(found.now)
    return Spread(
        requests=sum(one.requests for one in found.now),
        cost_usd=sum((one.cost_usd for one in found.now), ZERO),
        figures=[_mean(found), *(_percentile(found, at, title) for at, title in PERCENTILES)],
        plot=histogram(
            [Bar(bound(one.low), one.requests) for one in grouped],
            label="Requests by what they cost; the same figures stand in the table below.",
            mark=_median_mark(found, grouped),
        ),
        rows=_rows(grouped),
        outliers=[_outlier(one, found.p99_usd.get((one.provider, one.model))) for one in dearest],
    )


def few_digits(value: Decimal | None) -> str:
    """Write USD with as many digits as can be vouched for: `$0.00281`, `$12.30`, `$0`."""
    if value is None:
        return UNKNOWN
    if not value:
        return "$0"
    return usd_exact(value, max(2, SHOWN_DIGITS - 1 - value.adjusted()))


def bound(value: Decimal) -> str:
    """Write the bound of a range, which is 1, 2 or 5 of something: `$0.002`, `$50`."""
    return f"${value.normalize():,f}"


def _mean(found: Distribution) -> Figure:
    now, before = mean_usd(found.now), mean_usd(found.before)
    return Figure(
        "Mean",
        few_digits(now),
        None if now is None else full(rounded_to(now, MEAN_DECIMALS), "usd"),
        _moved(now, before),
        "exact",
    )


def _percentile(found: Distribution, at: int, title: str) -> Figure:
    now, before = percentile_usd(found.now, at), percentile_usd(found.before, at)
    return Figure(title, few_digits(now), None, _moved(now, before), "within 4%")


def _moved(now: Decimal | None, before: Decimal | None) -> Change | None:
    moved = change(now, before)
    if moved is None or before is None:
        return None
    return Change(moved.arrow, moved.word, moved.amount, moved.tone, few_digits(before), moved.exact)


def _median_mark(found: Distribution, grouped: list[Range]) -> tuple[int, str] | None:
    median = percentile_usd(found.now, 50)
    if median is None:
        return None
    place = next((i for i, one in enumerate(grouped) if _holds(one, median)), None)
    return None if place is None else (place, f"half cost at most {few_digits(median)}")


def _holds(one: Range, cost: Decimal) -> bool:
    if one.low == one.high:
        return cost == one.low
    return one.low <= cost and (one.high is None or cost < one.high)


def _rows(grouped: list[Range]) -> list[RangeRow]:
    parts = shares([one.requests for one in grouped])
    of_cost = shares([one.cost_usd for one in grouped])
    everything = sum(one.requests for one in grouped)
    rows, seen = [], 0
    for one, share, cost_share in zip(grouped, parts, of_cost, strict=True):
        seen += one.requests
        rows.append(RangeRow(_title(one), one.requests, share, percent(seen, everything), one.cost_usd, cost_share))
    return rows


def _title(one: Range) -> str:
    if one.high is None:
        return f"{bound(one.low)} and more"
    if one.low == one.high:
        return "$0, free"
    return f"{bound(one.low)} {DASH} {bound(one.high)}"


def _outlier(one: Dearest, p99: Decimal | None) -> Outlier:
    href = url_for("ledger_rows.show", customer_id=one.customer_id, request_id=one.request_id)
    times = f"{one.vendor_cost_usd / p99:.1f} ×" if p99 else UNKNOWN
    return Outlier(one, href, few_digits(p99), times)
