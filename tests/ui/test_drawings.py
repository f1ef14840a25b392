from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui import plots, svg
from dashboard.ui.plots import Series
from dashboard.ui.scales import Scale, Unit, date_places, scale

D = Decimal

DAYS = [date(2026, 10, 21) + timedelta(days=i) for i in range(30)]
KNOWN = st.decimals(min_value=-(10**6), max_value=10**6, places=4)


def labels(axis: Scale) -> list[str]:
    return [axis.label(tick) for tick in axis.ticks]


def test_a_sparkline_spans_its_values_and_marks_the_last() -> None:
    spark = svg.sparkline([D(1), D(3), D(2)], "Revenue by day", height=24)
    assert spark == svg.Sparkline(96, 24, 2, "M0 20L1 0L2 10", "M2 10h0", "Revenue by day")


def test_a_sparkline_lifts_its_pen_over_a_gap_and_dots_a_lonely_day() -> None:
    spark = svg.sparkline([D(1), None, D(2), None, D(3), D(3)], "x")
    assert spark is not None
    assert spark.line == "M0 20M2 10M4 0L5 0"
    assert spark.dots == "M0 20h0M2 10h0M5 0h0"


def test_a_flat_line_runs_in_the_middle_and_no_values_draw_nothing() -> None:
    flat = svg.sparkline([D(5), D(5)], "x")
    assert flat is not None
    assert flat.line == "M0 10L1 10"
    assert svg.sparkline([None, None], "x") is None
    assert svg.sparkline([], "x") is None


def test_a_year_is_thinned_to_one_point_per_pixel_and_keeps_today() -> None:
    spark = svg.sparkline([D(i) for i in range(365)], "x")
    assert spark is not None
    assert spark.span == 95
    assert spark.line.endswith("L95 0")


def test_a_negative_share_is_drawn_as_a_loss() -> None:
    assert svg.share_bar(D("22.8")) == svg.ShareBar("22.8", negative=False)
    assert svg.share_bar(D("-140")) == svg.ShareBar("100.0", negative=True)
    assert svg.share_bar(None) is None


def test_the_bullets_of_a_column_share_one_scale() -> None:
    scale = svg.domain([D("55.9"), D("-13.2"), None])
    assert scale.label == "−20% to 60%"
    assert svg.bullet(D("55.9"), scale, D(50), D("-13.2")) == svg.Bullet("39.0", "39.0", "92.2", "121.5", "17.2")
    assert svg.bullet(D(-10), scale).start == "22.5"
    assert svg.bullet(None, scale).width == "0.0"


def test_a_ruinous_margin_stays_inside_the_drawing() -> None:
    scale = svg.domain([D(-9000), D(30)])
    assert (scale.low, scale.high) == (-100, 40)
    assert svg.bullet(D(-9000), scale).start == "6.0"


def test_ticks_are_round_and_written_for_the_axis() -> None:
    assert labels(scale([D("714.9"), D("1597.87")], "usd")) == ["$0", "$500", "$1,000", "$1,500"]
    assert labels(scale([D("447.1")], "usd")) == ["$0", "$200", "$400", "$600"]
    assert labels(scale([D("23.9"), D("30.4")], "percent", from_zero=False, intervals=3)) == ["20%", "25%", "30%"]
    assert labels(scale([D("0.0123")], "usd")) == ["$0.000", "$0.005", "$0.010", "$0.015"]
    assert labels(scale([D(2_600_000)], "count")) == ["0", "1M", "2M", "3M"]
    assert labels(scale([D(-30), D(50)], "usd")) == ["−$40", "−$20", "$0", "$20", "$40", "$60"]
    assert labels(scale([], "usd")) == labels(scale([D(0)], "usd")) == ["$0"]


@given(st.lists(st.one_of(st.none(), KNOWN), max_size=40), st.sampled_from(["usd", "percent", "count"]), st.booleans())
def test_every_value_lies_on_its_axis(values: list[D | None], unit: Unit, from_zero: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
    axis = scale(values, unit, from_zero=from_zero)
    assert axis.low < axis.high
    assert all(axis.low <= value <= axis.high for value in values if value is not None)
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
    assert 1 <= len(axis.ticks) <= 8


def test_the_first_and_the_last_day_are_always_named() -> None:
    for days in range(1, 800):
        places = date_places([date(2024, 1, 1) + timedelta(days=i) for i in range(days)])
        assert places[0] == 0
        assert places[-1] == days - 1
        assert len(places) <= 7
        assert places == sorted(set(places))


def test_the_gap_between_revenue_and_cost_is_filled_and_cut_where_a_day_is_missing() -> None:
    revenue, cost = Series("Revenue", [D(4), D(4), None, D(4)], 1), Series("Cost", [D(1), D(2), D(2), D(2)], 0)
    plot = plots.lines(DAYS[:4], [revenue, cost], label="x", between=(0, 1))
    assert plot is not None
    area, grey, blue = plot.panels[0].shapes
    assert (area.kind, area.faint, area.d.count("Z")) == ("fl", True, 2)
    assert (grey.key, blue.key) == (0, 1)
    assert "M2.8 " in blue.d


def test_losses_are_stacked_below_zero() -> None:
    up, down = Series("A", [D(10)], 1), Series("B", [D(-5)], 2)
    plot = plots.bars(DAYS[:1], [up, down], label="x")
    assert plot is not None
    panel = plot.panels[0]
    assert [tick.text for tick in panel.ticks if tick.zero] == ["$0"]
    assert panel.scale.low <= -5
    assert panel.dates[0].x == "50%"


def test_two_panels_share_the_height_the_design_gives_them() -> None:
    margin = plots.Below([Series("Margin", [D(20 + i % 7) for i in range(30)])], "Margin by day")
    plot = plots.lines(DAYS, [Series("Revenue", [D(i) for i in range(30)])], label="x", below=margin)
    assert plot is not None
    assert [(panel.height, panel.body) for panel in plot.panels] == [(216, 168), (96, 72)]


def test_a_chart_without_a_value_is_no_chart() -> None:
    assert plots.lines(DAYS, [Series("A", [None] * 30)], label="x") is None
    assert plots.bars([], [], label="x") is None
