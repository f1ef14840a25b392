"""Axes: round ticks, their labels, and the place of a value between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from dashboard.ui.format import MINUS, MONTHS, day

Unit = Literal["usd", "percent", "count"]
Per = Literal["day", "week", "month"]

STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
WHOLE_STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
HEADROOM = Decimal("0.0625")
MOST_DATES = 6


@dataclass(frozen=True)
class Scale:
    """A vertical axis in its unit; low and high are its ends, the ticks lie between them."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]
    step: Decimal
    unit: Unit

    def share(self, value: Decimal | int) -> float:
        """How far down from the top, 0 to 1."""
        return float((self.high - value) / (self.high - self.low))

    def label(self, tick: Decimal) -> str:
        """Write a tick in words that fit 40 pixels: `$1,500`, `$150k`, `25%`, `−$20`."""
        sign = MINUS if tick < 0 else ""
        return (
            sign
            + {"usd": "$", "percent": "", "count": ""}[self.unit]
            + _short(abs(tick), self.step, self.unit)
            + self._after
        )

    @property
    def _after(self) -> str:
        return "%" if self.unit == "percent" else ""


def scale(values: Sequence[Decimal | int | None], unit: Unit, *, from_zero: bool = True, intervals: int = 4) -> Scale:
    """Round ticks around the values; an axis without any is 0 to 1 with one tick."""
    known = [Decimal(value) for value in values if value is not None]
    low, high = min(known, default=Decimal(0)), max(known, default=Decimal(0))
    if from_zero or low == high:
        low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        return Scale(Decimal(0), Decimal(1), (Decimal(0),), Decimal(1), unit)
    step = nice_step((high - low) / intervals, STEPS if unit == "usd" else WHOLE_STEPS)
    first = (low / step).to_integral_value("ROUND_FLOOR")
    last = (high / step).to_integral_value("ROUND_FLOOR")
    top = max(high + (high - low) * HEADROOM, last * step) if high > 0 else Decimal(0)
    if top > 0 and high - last * step > step / 5:
        last += 1
        top = last * step
    ticks = tuple(step * i for i in range(int(first), int(last) + 1))
    return Scale(first * step, top, ticks, step, unit)


def with_room(axis: Scale, values: Sequence[Decimal | int | None], share: Decimal) -> Scale:
    """Raise the upper end until this share of the height stays free above every value: room for a note."""
    highest = max((Decimal(value) for value in values if value is not None), default=axis.low)
    needed = axis.low + (highest - axis.low) / (1 - share)
    return replace(axis, high=max(axis.high, needed))


def nice_step(least: Decimal, steps: Sequence[Decimal]) -> Decimal:
    """Choose the smallest of these steps × 10ⁿ that is not below `least`."""
    magnitude = Decimal(1).scaleb(least.adjusted())
    return next(step * magnitude for step in steps if step * magnitude >= least)


def date_places(days: Sequence[date]) -> list[int]:
    """Which days are named below a chart: the first, the last, and some evenly between."""
    last = len(days) - 1
    if last < MOST_DATES:
        return list(range(len(days)))
    step = next(s for s in (2, 3, 5, 7, 14, 30, 61, 91, 183, len(days)) if last / s <= MOST_DATES - 1)
    between = [i for i in range(step, last, step) if last - i >= step * 2 / 3]
    return [0, *between, last]


def date_label(day_: date, per: Per = "day", *, year: bool = False) -> str:
    """`19 Nov`, with its year where asked, and for months `Nov 2026`."""
    return f"{MONTHS[day_.month - 1]} {day_.year}" if per == "month" else day(day_, year=year)


def _short(amount: Decimal, step: Decimal, unit: Unit) -> str:
    for size, suffix in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if amount >= size and (size > 10**3 or (step >= 10**3 and amount >= 10**4)):
            return f"{(amount / size).normalize():f}{suffix}"
    places = max(0, -int(step.normalize().as_tuple().exponent))
    # Cents are written in full: nobody reads $7.5 as money.
    return f"{amount:,.{max(places, 2) if places and unit == 'usd' else places}f}"
