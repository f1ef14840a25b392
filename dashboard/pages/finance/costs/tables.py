"""The two tables of costs and the chart above them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.engine.margin import change_percent
from dashboard.pages.finance.costs.asked import Asked
from dashboard.reports.costs import Costs, Line, Sums
from dashboard.ui.changes import Change, change
from dashboard.ui.charts import Spec, spec
from dashboard.ui.format import shares, usd
from dashboard.ui.links import url_with
from dashboard.ui.plots import Plot, bars
from dashboard.ui.plots import Series as Drawn
from dashboard.ui.svg import ShareBar, Sparkline, share_bar, sparkline

MOST_SERIES = 7
SHARE_DECIMALS = 1
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table as it is drawn; `share` in per cent of all vendor cost."""

    title: str
    provider_title: str
    href: str | None
    now: Sums
    before: Sums
    share: Decimal | None
    bar: ShareBar | None
    change: Change | None
    change_percent: Decimal | None
    spark: Sparkline | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Cost over time stacked by provider, its key and its table."""

    plot: Plot | None
    spec: Spec | None
    key: list[tuple[str, int, str]]
    names: list[str]
    rows: list[tuple[date, list[Decimal]]]
    totals: list[Decimal]


def provider_rows(asked: Asked, costs: Costs, buckets: Sequence[date]) -> list[Row]:
    """Return a row per provider, in the order asked for."""
    parts = _shares([line.now.vendor_cost_usd for line in costs.providers])
    rows = (_row(line, share, buckets) for line, share in zip(costs.providers, parts, strict=True))
    return _sorted(asked, list(rows))


def model_rows(asked: Asked, costs: Costs, buckets: Sequence[date]) -> list[Row]:
    """Return a row per model; the shares of a provider's models add up to the provider's own."""
    parts = _shares([line.now.vendor_cost_usd for line in costs.providers])
    rows = []
    for provider, whole in zip(costs.providers, parts, strict=True):
        inside = _shares([model.now.vendor_cost_usd for model in provider.models], whole)
        rows += [_row(model, share, buckets) for model, share in zip(provider.models, inside, strict=True)]
    return _sorted(asked, rows)


def total_row(costs: Costs, buckets: Sequence[date]) -> Row:
    """Return the row that closes both tables."""
    line = Line("", "", None, costs.now, costs.before, costs.over_time)
    return _row(line, Decimal(100) if costs.now.vendor_cost_usd else None, buckets)


def chart(asked: Asked, costs: Costs, buckets: list[date]) -> Chart:
    """Stack the dearest seven providers and the rest over time."""
    charging = [line for line in costs.providers if line.now.vendor_cost_usd]
    series = [
        Drawn(line.provider_title, _over_time(line.over_time, buckets), number)
        for number, line in enumerate(charging[:MOST_SERIES], 1)
    ]
    rest = charging[MOST_SERIES:]
    if rest:
        values = [sum((line.over_time.get(bucket, ZERO) for line in rest), ZERO) for bucket in buckets]
        series.append(Drawn(f"{len(rest)} others", values, MOST_SERIES + 1))
    known = [[Decimal(value or 0) for value in one.values] for one in series]
    sums = [sum(values, ZERO) for values in known]
    label = f"Vendor cost per {asked.per} and provider, stacked; the same figures stand in the table below."
    plot = bars(buckets, series, label=label, per=asked.per)
    key = [("fill", one.key, f"{one.name} {usd(amount)}") for one, amount in zip(series, sums, strict=True)]
    if plot:
        key.append(("words", 0, f"together {usd(costs.now.vendor_cost_usd)}"))
    table = [(bucket, [values[place] for values in known]) for place, bucket in enumerate(buckets)]
    return Chart(plot, spec(plot) if plot else None, key, [one.name for one in series], table, sums)


def _row(line: Line, share: Decimal | None, buckets: Sequence[date]) -> Row:
    unknown = line.now.is_unpriced
    now, before = line.now.vendor_cost_usd, line.before.vendor_cost_usd
    href = url_with(provider=line.provider, model=line.model) if line.provider else None
    return Row(
        title=line.model or line.provider_title or "All",
        provider_title=line.provider_title,
        href=href,
        now=line.now,
        before=line.before,
        share=None if unknown else share,
        bar=None if unknown else share_bar(share),
        change=None if unknown else change(now, before),
        change_percent=None if unknown else change_percent(now, before),
        spark=None if unknown or not now else sparkline(_over_time(line.over_time, buckets), "Vendor cost over time"),
    )


def _over_time(found: dict[date, Decimal], buckets: Sequence[date]) -> list[Decimal]:
    return [found.get(bucket, ZERO) for bucket in buckets]


def _shares(values: list[Decimal], whole: Decimal | None = Decimal(100)) -> list[Decimal | None]:
    given: list[Decimal | int | None] = list(values)
    return shares(given, whole, SHARE_DECIMALS) if whole else [None if whole is None else ZERO for _ in values]


def _sorted(asked: Asked, rows: list[Row]) -> list[Row]:
    by_title = sorted(rows, key=lambda row: (row.title, row.provider_title))
    keys: dict[str, Callable[[Row], object]] = {
        "requests": lambda row: row.now.requests,
        "cost": lambda row: row.now.vendor_cost_usd,
        "average": lambda row: row.now.average_usd or ZERO,
    }
    if asked.sort.key not in keys:
        return by_title if asked.sort.direction == "ascending" else by_title[::-1]
    # Sorted twice, so that equals stay in the order of their names.
    return sorted(by_title, key=keys[asked.sort.key], reverse=asked.sort.direction == "descending")  # type: ignore[arg-type]  # numbers all
