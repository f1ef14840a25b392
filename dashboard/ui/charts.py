"""The only home of plotly: the JSON that turns a server-drawn chart into a live one.

The spec is a plain dict (building a Figure costs fifty times more); plotly itself is imported only
to check one. Axes, grid, dates and labels stay the server's, so that the swap moves nothing; colours
are named in `meta` and filled in by the browser, which knows whether it is dark.
"""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from dashboard.ui import format as written
from dashboard.ui.format import Number, day
from dashboard.ui.plots import BAR, TOP, Panel, Plot, Series
from dashboard.ui.scales import Per, Unit, date_label
from dashboard.ui.svg import lonely

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Spec = dict[str, Any]

LINE_WIDTH = 1.5
# Below this a price in whole cents would say little or nothing.
SMALLEST_IN_CENTS = Decimal("0.1")
MARKER_SIZE = 5  # a point without neighbours would not show as a line


def spec(plot: Plot) -> Spec:
    """Traces and layout for plotly.js; the text shown on hover is exact, written by us."""
    height = sum(panel.height for panel in plot.panels)
    names = [_name(day_, plot.per) for day_ in plot.days]
    traces = [trace for number, panel in enumerate(plot.panels, 1) for trace in _traces(plot, panel, number, names)]
    layout: Spec = {
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        "showlegend": False,
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "barmode": "relative",
        "bargap": round(1 - (BAR[1] - BAR[0]), 2),
        "xaxis": _x_axis(plot, names),
    }
    above = 0
    for number, panel in enumerate(plot.panels, 1):
        layout[f"yaxis{_suffix(number)}"] = _y_axis(panel, above, height)
        above += panel.height
    return {"data": traces, "layout": layout}


def figure(chart: Spec) -> "Figure":
    """Make the same chart a plotly Figure, which refuses any property plotly does not know."""
    from plotly.graph_objects import Figure  # noqa: PLC0415 - half a second that no page should pay

    return Figure(chart)


def _name(day_: Any, per: Per) -> str:
    return date_label(day_, per) if per == "month" else ("Week of " if per == "week" else "") + day(day_)


def _traces(plot: Plot, panel: Panel, number: int, names: Sequence[str]) -> list[Spec]:
    draw = _bars if plot.kind == "bars" else _line
    traces = [draw(one, panel.scale.unit, number, names) for one in panel.series]
    if plot.between is None or number > 1:
        return traces
    upper, lower = plot.between
    traces[upper] |= {"fill": "tonexty"}
    rest = [trace for i, trace in enumerate(traces) if i not in plot.between]
    return [traces[lower], traces[upper], *rest]


def _line(one: Series, unit: Unit, number: int, names: Sequence[str]) -> Spec:
    dash: Spec = {"dash": "3px,3px"} if one.dashed else {}
    if one.stepped:
        dash["shape"] = "hv"
    alone = set(lonely(one.values))
    return _trace(one, unit, number, names) | {
        "type": "scatter",
        "mode": "lines+markers" if alone else "lines",
        "line": {"width": LINE_WIDTH, "simplify": False, **dash},
        "marker": {"size": [MARKER_SIZE if i in alone else 0 for i in range(len(one.values))]} if alone else {},
        "cliponaxis": False,
    }


def _bars(one: Series, unit: Unit, number: int, names: Sequence[str]) -> Spec:
    return _trace(one, unit, number, names) | {"type": "bar"}


def _trace(one: Series, unit: Unit, number: int, names: Sequence[str]) -> Spec:
    return {
        "name": escape(one.name),
        "x": list(names),
        "y": [None if value is None else float(value) for value in one.values],
        "customdata": [_shown(value, unit) for value in one.values],
        "hovertemplate": "%{customdata}",
        "yaxis": f"y{_suffix(number)}",
        "meta": {"key": one.key},
    }


def _shown(value: Number | None, unit: Unit) -> str:
    if unit == "usd" and value is not None and 0 < abs(Decimal(value)) < SMALLEST_IN_CENTS:
        return written.usd_exact(value, 6)
    return {"usd": written.usd, "percent": written.percent, "count": written.count}[unit](value)


def _x_axis(plot: Plot, names: Sequence[str]) -> Spec:
    last = len(names) - 1
    ends = [-0.5, last + 0.5] if plot.kind == "bars" or not last else [0, last]
    return _bare() | {
        "type": "category",
        "range": ends,
        "anchor": f"y{_suffix(len(plot.panels))}",
        "showspikes": plot.kind == "lines",
        "spikemode": "across",
        "spikedash": "solid",
        "spikethickness": 1,
        "spikesnap": "hovered data",
    }


def _y_axis(panel: Panel, above: int, height: int) -> Spec:
    start = above + TOP
    ends = [float(panel.scale.low), float(panel.scale.high)]
    domain = [1 - (start + panel.body) / height, 1 - start / height]
    return _bare() | {"range": ends, "domain": [round(end, 6) for end in domain]}


def _bare() -> Spec:
    """Describe an axis that draws nothing: the server's stands there already."""
    return {"showgrid": False, "zeroline": False, "showline": False, "showticklabels": False, "fixedrange": True}


def _suffix(number: int) -> str:
    return "" if number == 1 else str(number)
