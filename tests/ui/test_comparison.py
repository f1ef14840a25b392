"""Bars side by side: a group per scenario, losses below the line."""

from decimal import Decimal

from dashboard.ui.comparison import comparison
from dashboard.ui.plots import Series


def test_every_scenario_has_its_bars_and_its_name() -> None:
    margins = Series("List margin", [Decimal(10), Decimal(-5)], 1)
    realised = Series("Realised margin", [Decimal(4), None], 2)
    plot = comparison(["As it is", "Dearer"], [margins, realised], label="Margins")
    assert plot is not None
    (panel,) = plot.panels
    assert [date.text for date in panel.dates] == ["As it is", "Dearer"]
    assert [shape.d.count("M") for shape in panel.shapes] == [2, 1]
    assert [tick.text for tick in panel.ticks if tick.zero] == ["$0"]


def test_without_a_figure_there_is_nothing_to_draw() -> None:
    assert comparison(["As it is"], [Series("List margin", [None])], label="Margins") is None
