"""A model's prices over time, by steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from dashboard.reports.pricing.vendor_prices import PriceRow
from dashboard.ui.charts import Spec, spec
from dashboard.ui.plots import Plot, Series, lines

LONGEST_DAYS = 731
FURTHEST_AHEAD = timedelta(days=366)
BEFORE_FIRST = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing, its key and its live form."""

    plot: Plot | None
    spec: Spec | None
    key: list[tuple[str, int, str]]


def step_chart(prices: Sequence[PriceRow], now: datetime) -> Chart:
    """Draw input and output price, USD per 1,000 tokens, at most two years, to a planned change within one."""
    if not prices:
        return Chart(None, None, [])
    changes = [price.effective_from.date() for price in prices]
    today = now.date()
    ends = [price.effective_until.date() for price in prices if price.effective_until]
    last = min(max(today, *changes, *ends), today + FURTHEST_AHEAD)
    within = [change for change in changes if change > last - timedelta(days=LONGEST_DAYS)]
    first = min([*within, today]) - BEFORE_FIRST
    days = [date.fromordinal(one) for one in range(first.toordinal(), last.toordinal() + 1)]
    held = [_at_end_of(day, prices, now) for day in days]
    series = [
        Series("Output", [None if price is None else price.output_usd for price in held], 2, stepped=True),
        Series("Input", [None if price is None else price.input_usd for price in held], 1, stepped=True),
    ]
    plot = lines(days, series, label="Price of 1,000 tokens over time, by steps, USD; the table below has every price")
    key = [("line", 1, "Input"), ("line", 2, "Output"), ("words", 0, "USD per 1,000 tokens")]
    return Chart(plot, spec(plot) if plot else None, key)


def _at_end_of(day: date, prices: Sequence[PriceRow], now: datetime) -> PriceRow | None:
    """What held when the day ended; today, what holds now."""
    end = datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)
    at = now if day == now.date() else end
    return next((price for price in prices if price.holds_at(at)), None)
