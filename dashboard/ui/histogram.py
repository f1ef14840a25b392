"""A histogram in the geometry of the charts: one bar per range, its bounds named below."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.ui.plots import BAR, DATES, HEIGHT, TOP, DateTick, Note, Panel, Plot, Shape, Tick
from dashboard.ui.scales import Scale, scale
from dashboard.ui.svg import pixel

MOST_LABELS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One range: what stands below its left edge, and how many are in it."""

    text: str
    count: int


def histogram(bars: Sequence[Bar], *, label: str, mark: tuple[int, str] | None = None) -> Plot | None:
    """Bars side by side; `mark` names the middle of one of them. None without a bar."""
    if not any(bar.count for bar in bars):
        return None
    body = HEIGHT - TOP - DATES
    axis = scale([bar.count for bar in bars], "count")
    shape = Shape("fl", 1, "".join(_bar(i, bar.count, axis, body) for i, bar in enumerate(bars) if bar.count))
    panel = Panel(
        HEIGHT, body, len(bars), label, axis, _ticks(axis, body), _labels(bars), (shape,), (), _note(mark, len(bars))
    )
    return Plot("bars", (), "day", (panel,))


def _bar(i: int, count: int, axis: Scale, body: int) -> str:
    top, foot = pixel(axis.share(count) * body), pixel(axis.share(0) * body)
    return f"M{i + BAR[0]:.2f} {foot}V{top}H{i + BAR[1]:.2f}V{foot}Z"


def _ticks(axis: Scale, body: int) -> tuple[Tick, ...]:
    ys = [TOP + axis.share(tick) * body for tick in axis.ticks]
    return tuple(
        Tick(pixel(y), pixel(y + 4), axis.label(tick), zero=False) for y, tick in zip(ys, axis.ticks, strict=True)
    )


def _labels(bars: Sequence[Bar]) -> tuple[DateTick, ...]:
    """At most six, evenly: each stands at the edge where its range starts."""
    step = -(-len(bars) // MOST_LABELS)
    return tuple(
        DateTick(f"{i * 100 / len(bars):.2f}%", bar.text, "middle" if i else "start")
        for i, bar in enumerate(bars)
        if i % step == 0
    )


def _note(mark: tuple[int, str] | None, bars: int) -> Note | None:
    if mark is None:
        return None
    share = (mark[0] + 0.5) / bars
    return Note(f"{share * 100:.2f}%", mark[1], "start" if share < 0.3 else "end")  # noqa: PLR2004 - room for the words
