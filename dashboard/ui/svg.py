"""The drawings inside a tile or a table cell, as numbers for the macros; attributes only, no style.

A pixel is a float and money is not: amounts come in as Decimal and leave as a place on the screen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor

from dashboard.ui.format import Number, percent

Values = Sequence[Number | None]

BULLET_INSET, BULLET_WIDTH = 6, 132
SPARK_HEIGHT = 20
SPARK_POINTS = 96


@dataclass(frozen=True)
class Sparkline:
    """A line of one series; `span` is the width of its view box, `dots` marks the last point."""

    width: int
    height: int
    span: int
    line: str
    dots: str
    label: str


@dataclass(frozen=True)
class ShareBar:
    """A share of 100; a negative one is drawn as long, and marked as a loss."""

    width: str
    negative: bool


@dataclass(frozen=True)
class Domain:
    """The common scale of a column of bullets, in per cent."""

    low: int
    high: int

    @property
    def label(self) -> str:
        """The column's heading: `−20% to 60%`."""
        return f"{percent(self.low)} to {percent(self.high)}".replace(".0%", "%")

    def x(self, value: Number) -> str:
        """Where a percentage stands, kept within the drawing."""
        share = (float(value) - self.low) / (self.high - self.low)
        return f"{BULLET_INSET + min(max(share, 0.0), 1.0) * BULLET_WIDTH:.1f}"


@dataclass(frozen=True)
class Bullet:
    """A bar from zero to the value, a mark at the target, a ring at the second value."""

    zero: str
    start: str
    width: str
    mark: str | None
    ring: str | None


@dataclass(frozen=True)
class Dumbbell:
    """From a ring (before) to a dot (after)."""

    before: str
    after: str


def sparkline(values: Values, label: str, *, height: int = 16, width: int = 96) -> Sparkline | None:
    """Draw a sparkline 96 × 16 (cells) or 96 × 24 (tiles); None where no value is known."""
    thinned = _thinned(values)
    known = [float(value) for value in thinned if value is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    ys = [None if value is None else _spark_y(float(value), low, high) for value in thinned]
    last = max(i for i, y in enumerate(ys) if y is not None)
    dotted = [*(i for i in lonely(ys) if i != last), last]
    dots = "".join(f"M{i} {pixel(ys[i])}h0" for i in dotted)
    return Sparkline(width, height, max(len(ys) - 1, 1), path(ys), dots, label)


def share_bar(share: Number | None) -> ShareBar | None:
    """Draw a bar 64 × 8 for a share in per cent; None where there is no share."""
    if share is None:
        return None
    return ShareBar(f"{min(abs(Decimal(share)), Decimal(100)):.1f}", negative=share < 0)


def domain(values: Iterable[Number | None], step: int = 20) -> Domain:
    """Find the smallest scale of whole steps that holds zero and every value, within −100 to 100."""
    known = [min(max(Decimal(value), Decimal(-100)), Decimal(100)) for value in values if value is not None]
    low = floor(min([*known, Decimal(0)]) / step) * step
    high = ceil(max([*known, Decimal(step)]) / step) * step
    return Domain(low, high)


def bullet(value: Number | None, scale: Domain, target: Number | None = None, second: Number | None = None) -> Bullet:
    """Draw a bullet 144 × 16 on a column's common scale."""
    zero, end = scale.x(0), scale.x(value or 0)
    return Bullet(
        zero=zero,
        start=min(zero, end, key=float),
        width=f"{abs(float(end) - float(zero)):.1f}",
        mark=None if target is None else scale.x(target),
        ring=None if second is None else scale.x(second),
    )


def dumbbell(before: Number | None, after: Number | None, scale: Domain) -> Dumbbell | None:
    """Draw a dumbbell 144 × 16 on a column's common scale; None where a side is unknown."""
    if before is None or after is None:
        return None
    return Dumbbell(scale.x(before), scale.x(after))


def path(ys: Sequence[float | None], start: int = 0) -> str:
    """One step to the right per value; a gap lifts the pen."""
    parts, pen = [], "M"
    for x, y in enumerate(ys, start):
        if y is None:
            pen = "M"
            continue
        parts.append(f"{pen}{x} {pixel(y)}")
        pen = "L"
    return "".join(parts)


def lonely(ys: Sequence[object]) -> list[int]:
    """Points between two gaps, which a line would not show."""
    known = [False, *(y is not None for y in ys), False]
    return [i for i in range(len(ys)) if known[i + 1] and not known[i] and not known[i + 2]]


def pixel(value: float | None) -> str:
    """Write a coordinate with at most one decimal."""
    written = f"{value or 0:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written


def _thinned(values: Values) -> Values:
    """No more points than pixels: the last of each slice, so that the newest is always drawn."""
    if len(values) <= SPARK_POINTS:
        return values
    return [values[(i + 1) * len(values) // SPARK_POINTS - 1] for i in range(SPARK_POINTS)]


def _spark_y(value: float, low: float, high: float) -> float:
    return SPARK_HEIGHT / 2 if high == low else (high - value) / (high - low) * SPARK_HEIGHT
