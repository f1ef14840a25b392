"""Groups of bars side by side, such as scenarios: the same figures for each, gains upwards and losses downwards."""

from collections.abc import Sequence
from decimal import Decimal

from dashboard.ui.plots import DATES, HEIGHT, TOP, DateTick, Panel, Plot, Series, Shape, Tick
from dashboard.ui.scales import Scale, Unit, scale
from dashboard.ui.svg import pixel

ROOM = 0.16  # of a group's width, on either side


def comparison(groups: Sequence[str], series: Sequence[Series], *, label: str, unit: Unit = "usd") -> Plot | None:
    """One group per name with a bar of each series; None without a value."""
    values = [value for one in series for value in one.values if value is not None]
    if not values:
        return None
    body = HEIGHT - TOP - DATES
    axis = scale(values, unit)
    shapes = tuple(
        Shape("fl", one.key, "".join(_bars(one, place, len(series), axis, body))) for place, one in enumerate(series)
    )
    panel = Panel(HEIGHT, body, len(groups), label, axis, _ticks(axis, body), _names(groups), shapes, ())
    return Plot("bars", (), "day", (panel,))


def _bars(one: Series, place: int, of: int, axis: Scale, body: int) -> list[str]:
    width = (1 - 2 * ROOM) / of
    found = []
    for group, value in enumerate(one.values):
        if value is None:
            continue
        left = group + ROOM + place * width
        foot, top = (pixel(axis.share(end) * body) for end in (Decimal(0), Decimal(value)))
        found.append(f"M{left:.3f} {foot}V{top}H{left + width * 0.9:.3f}V{foot}Z")
    return found


def _ticks(axis: Scale, body: int) -> tuple[Tick, ...]:
    ys = [TOP + axis.share(tick) * body for tick in axis.ticks]
    losses = axis.low < 0
    return tuple(
        Tick(pixel(y), pixel(y + 4), axis.label(tick), zero=losses and tick == 0)
        for y, tick in zip(ys, axis.ticks, strict=True)
    )


def _names(groups: Sequence[str]) -> tuple[DateTick, ...]:
    return tuple(DateTick(f"{(i + 0.5) * 100 / len(groups):.2f}%", name, "middle") for i, name in enumerate(groups))
