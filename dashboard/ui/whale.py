"""A running sum over a ranking, best first, in the geometry of the charts: it rises, and falls where losses begin."""

from collections.abc import Sequence
from decimal import Decimal

from dashboard.ui.format import count
from dashboard.ui.plots import DATES, HEIGHT, NOTE_ROOM, TOP, DateTick, Note, Panel, Plot, Shape, Tick
from dashboard.ui.scales import scale, with_room
from dashboard.ui.svg import pixel

LABELS = 4
NOTE_TURNS = 0.3


def whale(sums: Sequence[Decimal], *, label: str, peak: str = "") -> Plot | None:
    """The line from nothing to the sum of all; `peak` names its highest point. None with fewer than two."""
    if len(sums) < 2:  # noqa: PLR2004 - one point is no line
        return None
    body = HEIGHT - TOP - DATES
    points = [Decimal(0), *sums]
    axis = scale(points, "usd")
    if peak:
        axis = with_room(axis, points, Decimal(NOTE_ROOM) / body)
    line = "M" + "L".join(f"{place} {pixel(axis.share(value) * body)}" for place, value in enumerate(points))
    zero = pixel(axis.share(0) * body)
    area = f"{line}L{len(sums)} {zero}L0 {zero}Z"
    ticks = tuple(
        Tick(
            pixel(TOP + axis.share(tick) * body),
            pixel(TOP + axis.share(tick) * body + 4),
            axis.label(tick),
            zero=not tick and axis.low < 0,
        )
        for tick in axis.ticks
    )
    shapes = (Shape("fl", 1, area, faint=True), Shape("ln", 1, line))
    panel = Panel(HEIGHT, body, len(sums), label, axis, ticks, _labels(len(sums)), shapes, (), _peak(points, peak))
    return Plot("lines", (), "day", (panel,))


def _labels(many: int) -> tuple[DateTick, ...]:
    """How many customers, at even steps."""
    places = sorted({round(many * step / LABELS) for step in range(LABELS + 1)})
    return tuple(
        DateTick(
            f"{place * 100 / many:.2f}%", count(place), "start" if not place else "end" if place == many else "middle"
        )
        for place in places
    )


def _peak(points: Sequence[Decimal], words: str) -> Note | None:
    if not words:
        return None
    place = max(range(len(points)), key=lambda at: points[at])
    share = place / (len(points) - 1)
    anchor = "start" if share < NOTE_TURNS else "end" if share > 1 - NOTE_TURNS else "middle"
    return Note(f"{share * 100:.2f}%", words, anchor)
