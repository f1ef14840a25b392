from decimal import Decimal

from dashboard.ui.changes import Change, against_target, change

D = Decimal


def words(moved: Change | None) -> str:
    return "–" if moved is None else " ".join(filter(None, [moved.arrow, moved.word, moved.amount, moved.tone]))


def test_finance_reads_a_rise_with_its_base() -> None:
    moved = change(D("37436.87"), D("35214.40"), "usd", better="up")
    assert words(moved) == "▲ up 6.3% good"
    assert moved is not None
    assert moved.base == "$35,214.40"
    assert moved.exact == "$2,222.47"


def test_a_fall_is_bad_only_where_up_is_good() -> None:
    assert words(change(D(90), D(100), "usd", better="up")) == "▼ down 10.0% bad"
    assert words(change(D(90), D(100), "usd", better="down")) == "▼ down 10.0% good"
    assert words(change(D(90), D(100), "usd")) == "▼ down 10.0%"


def test_percentages_differ_in_points() -> None:
    assert words(change(D("28.4"), D("28.9"), "percent", better="up")) == "▼ down 0.5 pp bad"
    assert words(change(D("28.41"), D("28.40"), "percent")) == "= level soft"


def test_a_base_of_zero_is_new_and_an_unknown_one_is_a_dash() -> None:
    assert words(change(D(5), D(0))) == "new"
    assert words(change(D(0), D(0))) == "= level soft"
    assert words(change(D(5), None)) == words(change(None, D(5))) == "–"


def test_a_loss_as_base_gives_the_difference_since_a_percentage_would_mislead() -> None:
    assert words(change(D(200), D(-100), "usd", better="up")) == "▲ up $300.00 good"


def test_a_margin_is_above_or_below_its_target() -> None:
    assert words(against_target(D("55.92"), D(50))) == "▲ above 5.9 pp good"
    assert words(against_target(D("12"), D("16.7"))) == "▼ below 4.7 pp bad"
    assert words(against_target(None, D("16.7"))) == "–"
