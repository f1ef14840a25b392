"""The two large charts, in the geometry the design shares with Plotly, as numbers for the macros."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.ui.format import Number
from dashboard.ui.scales import Per, Scale, Unit, date_label, date_places, scale, with_room
from dashboard.ui.svg import Values, lonely, path, pixel

HEIGHT, SECOND_HEIGHT = 216, 96
TOP, DATES, SECOND_FOOT, GAP = 8, 24, 16, 16
BAR = (0.14, 0.86)
NOTE_ROOM = 16  # pixels a note needs above the lines
NOTE_TURNS = 1 / 3  # nearer to an end a note in the middle would leave a narrow chart


@dataclass(frozen=True)
class Series:
    """One line or one part of a stack: a value or None per day; `key` is its colour, 0 the grey.

    `stepped` draws a value until the next: for what holds, like a price, and does not flow.
    """

    name: str
    values: Values
    key: int = 1
    dashed: bool = False
    stepped: bool = False


@dataclass(frozen=True)
class Tick:
    """A grid line and its label, in pixels from the top of the panel; `zero`: with losses below it."""

    y: str
    text_y: str
    text: str
    zero: bool


@dataclass(frozen=True)
class DateTick:
    """A day named below the chart, in per cent of its width."""

    x: str
    text: str
    anchor: str


@dataclass(frozen=True)
class Note:
    """A day marked with a few words."""

    x: str
    text: str
    anchor: str


@dataclass(frozen=True)
class Shape:
    """A path: class `ln` or `fl`, its colour key, faint for the area between two lines."""

    kind: str
    key: int
    d: str
    faint: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Panel:
    """One drawing: `body` is the height of its plot, `span` the width of the plot's view box."""

    height: int
    body: int
    span: int
    label: str
    scale: Scale
    ticks: tuple[Tick, ...]
    dates: tuple[DateTick, ...]
    shapes: tuple[Shape, ...]
    series: tuple[Series, ...]
    note: Note | None = None


@dataclass(frozen=True)
class Plot:
    """A chart: one panel, or two that share their days. `kind` is `lines` or `bars`."""

    kind: str
    days: tuple[date, ...]
    per: Per
    panels: tuple[Panel, ...]
    between: tuple[int, int] | None = None


@dataclass(frozen=True)
class Below:
    """What the second panel of a line chart shows, usually per cent."""

    series: Sequence[Series]
    label: str
    unit: Unit = "percent"


def lines(
    days: Sequence[date],
    series: Sequence[Series],
    *,
    label: str,
    unit: Unit = "usd",
    per: Per = "day",
    between: tuple[int, int] | None = None,
    note: tuple[int, str] | None = None,
    below: Below | None = None,
) -> Plot | None:
    """Lines over days, with the area between two of them faintly filled; None without a value."""
    if not _known(series):
        return None
    body = HEIGHT - TOP - DATES - (GAP if below else 0)
    values = [v for s in series for v in s.values]
    axis = scale(values, unit)
    if note:
        axis = with_room(axis, values, Decimal(NOTE_ROOM) / body)
    area = _area(series[between[0]].values, series[between[1]].values, axis, body) if between else ()
    ordered = sorted(series, key=lambda s: s.key != 0)
    panel = Panel(
        HEIGHT,
        body,
        max(len(days) - 1, 1),
        label,
        axis,
        _ticks(axis, body),
        _dates(days, per, slots=False),
        (*area, *_strokes(ordered, axis, body)),
        tuple(series),
        _note(note, len(days)),
    )
    panels = (panel,) if below is None else (panel, _second(below, len(days)))
    return Plot("lines", tuple(days), per, panels, between)


def bars(
    days: Sequence[date], series: Sequence[Series], *, label: str, unit: Unit = "usd", per: Per = "day"
) -> Plot | None:
    """Bars over days, stacked: what is positive upwards, what is negative downwards from zero."""
    if not _known(series):
        return None
    body = HEIGHT - TOP - DATES
    stacks = _stacks(series, len(days))
    axis = scale([end for ends in stacks for pair in ends if pair for end in pair], unit)
    shapes = tuple(
        Shape("fl", one.key, "".join(_bar(i, pair, axis, body) for i, pair in enumerate(ends) if pair))
        for one, ends in zip(series, stacks, strict=True)
    )
    panel = Panel(
        HEIGHT, body, len(days), label, axis, _ticks(axis, body), _dates(days, per, slots=True), shapes, tuple(series)
    )
    return Plot("bars", tuple(days), per, (panel,))


def _known(series: Sequence[Series]) -> bool:
    return any(value is not None for one in series for value in one.values)


def _second(below: Below, days: int) -> Panel:
    body = SECOND_HEIGHT - TOP - SECOND_FOOT
    axis = scale([v for s in below.series for v in s.values], below.unit, from_zero=False, intervals=3)
    ordered = sorted(below.series, key=lambda s: not s.dashed)
    return Panel(
        SECOND_HEIGHT,
        body,
        max(days - 1, 1),
        below.label,
        axis,
        _ticks(axis, body),
        (),
        _strokes(ordered, axis, body),
        tuple(below.series),
    )


def _ticks(axis: Scale, body: int) -> tuple[Tick, ...]:
    ys = [TOP + axis.share(tick) * body for tick in axis.ticks]
    return tuple(
        Tick(pixel(y), pixel(y + 4), axis.label(tick), zero=not tick and axis.low < 0)
        for y, tick in zip(ys, axis.ticks, strict=True)
    )


def _dates(days: Sequence[date], per: Per, *, slots: bool) -> tuple[DateTick, ...]:
    last = len(days) - 1
    ends = {0, last} if days[0].year != days[-1].year else set()
    return tuple(_date(i, last, date_label(days[i], per, year=i in ends), slots=slots) for i in date_places(days))


def _date(i: int, last: int, text: str, *, slots: bool) -> DateTick:
    if not last:
        return DateTick("50%", text, "middle")
    if i in {0, last}:
        return DateTick("100%" if i else "0%", text, "end" if i else "start")
    share = (i + 0.5) / (last + 1) if slots else i / last
    return DateTick(f"{share * 100:.2f}%", text, "middle")


def _note(note: tuple[int, str] | None, days: int) -> Note | None:
    if note is None:
        return None
    share = note[0] / (days - 1) if days > 1 else 0.5
    anchor = "start" if share < NOTE_TURNS else "end" if share > 1 - NOTE_TURNS else "middle"
    return Note(f"{share * 100:.2f}%", note[1], anchor)


def _strokes(series: Sequence[Series], axis: Scale, body: int) -> tuple[Shape, ...]:
    return tuple(
        Shape("ln", s.key, (_steps if s.stepped else _stroke)(_ys(s.values, axis, body)), dashed=s.dashed)
        for s in series
    )


def _stroke(ys: Sequence[float | None]) -> str:
    """Draw a line; a point alone (one day, or between gaps) becomes a dash, or it would not show."""
    if len(ys) == 1:
        return f"M.4 {pixel(ys[0])}h.2" if ys[0] is not None else ""
    return path(ys) + "".join(f"M{i - 0.2:g} {pixel(ys[i])}h.4" for i in lonely(ys))


def _steps(ys: Sequence[float | None]) -> str:
    """Draw each value until the next one; the last as far as the chart goes."""
    if len(ys) == 1:
        return _stroke(ys)
    parts, before = [], None
    for x, y in enumerate(ys):
        if y is not None and before is None:
            parts.append(f"M{x} {pixel(y)}")
        elif before is not None and y != before:
            parts.append(f"H{x}" + ("" if y is None else f"V{pixel(y)}"))
        before = y
    return "".join(parts) + (f"H{len(ys) - 1}" if before is not None else "")


def _ys(values: Values, axis: Scale, body: int) -> list[float | None]:
    return [None if value is None else axis.share(Decimal(value)) * body for value in values]


def _area(upper: Values, lower: Values, axis: Scale, body: int) -> tuple[Shape, ...]:
    pairs = list(zip(_ys(upper, axis, body), _ys(lower, axis, body), strict=True))
    d = "".join(_closed(pairs[start:end], start) for start, end in _runs(pairs))
    return (Shape("fl", 1, d, faint=True),)


def _runs(pairs: Sequence[tuple[float | None, float | None]]) -> list[tuple[int, int]]:
    """Where both sides are known without a gap, as half-open ranges."""
    runs, start = [], None
    for i, pair in enumerate([*pairs, (None, None)]):
        whole = None not in pair
        if whole and start is None:
            start = i
        if not whole and start is not None:
            runs.append((start, i))
            start = None
    return runs


def _closed(pairs: Sequence[tuple[float | None, float | None]], start: int) -> str:
    there = path([upper for upper, _ in pairs], start)
    back = "".join(f"L{start + i} {pixel(pairs[i][1])}" for i in reversed(range(len(pairs))))
    return f"{there}{back}Z"


def _stacks(series: Sequence[Series], days: int) -> list[list[tuple[Decimal, Decimal] | None]]:
    """From where to where each part of each day's stack reaches."""
    above, under = [Decimal(0)] * days, [Decimal(0)] * days
    return [
        [_place(value, i, above if (value or 0) > 0 else under) for i, value in enumerate(s.values)] for s in series
    ]


def _place(value: Number | None, day: int, reached: list[Decimal]) -> tuple[Decimal, Decimal] | None:
    if not value:
        return None
    start = reached[day]
    reached[day] = start + value
    return start, reached[day]


def _bar(i: int, ends: tuple[Decimal, Decimal], axis: Scale, body: int) -> str:
    start, end = (pixel(axis.share(value) * body) for value in ends)
    return f"M{i + BAR[0]:.2f} {start}V{end}H{i + BAR[1]:.2f}V{start}Z"
