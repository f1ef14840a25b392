import json
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal

from dashboard.ui import charts, plots
from dashboard.ui.plots import Plot, Series

D = Decimal

DAYS = [date(2026, 10, 21) + timedelta(days=i) for i in range(5)]


def overview() -> Plot:
    revenue, cost = Series("List revenue", [D(4), D(5), D(6), None, D(7)], 1), Series("Vendor <b>cost", [D(1)] * 5, 0)
    margin = Series("Margin %", [D("75.04"), D(80), D(83), None, D("-85.7")], 1)
    plot = plots.lines(DAYS, [revenue, cost], label="x", between=(0, 1), below=plots.Below([margin], "y"))
    assert plot is not None
    return plot


def margins() -> Plot:
    plot = plots.bars(DAYS, [Series("A", [D(1)] * 5, 1), Series("B", [D(-1), None, D(2), D(0), D(1)], 2)], label="x")
    assert plot is not None
    return plot


def test_plotly_knows_every_property_we_send_it() -> None:
    for plot in (overview(), margins()):
        spec = charts.spec(plot)
        assert len(charts.figure(spec).data) == len(spec["data"])
        assert json.loads(json.dumps(spec)) == spec


def test_the_live_chart_stands_exactly_on_the_drawn_one() -> None:
    layout = charts.spec(overview())["layout"]
    assert layout["height"] == 216 + 96
    top, bottom = layout["yaxis"]["domain"][1], layout["yaxis"]["domain"][0]
    assert round((1 - top) * 312) == 8
    assert round((top - bottom) * 312) == 168
    assert round((1 - layout["yaxis2"]["domain"][1]) * 312) == 216 + 8
    assert round((layout["yaxis2"]["domain"][1] - layout["yaxis2"]["domain"][0]) * 312) == 72
    assert layout["margin"] == {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0}


def test_hovering_tells_our_words_and_no_markup_of_others() -> None:
    traces = charts.spec(overview())["data"]
    assert [trace["name"] for trace in traces] == ["Vendor &lt;b&gt;cost", "List revenue", "Margin %"]
    assert traces[1]["fill"] == "tonexty"
    assert traces[1]["customdata"] == ["$4.00", "$5.00", "$6.00", "–", "$7.00"]
    assert traces[2]["customdata"][-1] == "−85.7%"
    assert traces[0]["x"][0] == "21 Oct 2026"


def test_starting_the_app_imports_neither_pandas_nor_plotly() -> None:
    program = (
        "import sys, dashboard.ui, dashboard.ui.charts, dashboard.ui.exports; "
        "print([name for name in ('pandas', 'plotly', 'numpy') if name in sys.modules])"
    )
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "[]"
