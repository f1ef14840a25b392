from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui import format as written

D = Decimal

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (D("37436.871204"), "$37,436.87"),
        (D("-911.2"), "−$911.20"),
        (D("-0.001"), "$0.00"),
        (D("0.005"), "$0.01"),
        (0, "$0.00"),
        (D("1E+7"), "$10,000,000.00"),
        (D("123456789012345678901234567890.125"), "$123,456,789,012,345,678,901,234,567,890.13"),
        (None, "–"),
    ],
)
def test_finance_reads_money_with_two_decimals(value: D | None, shown: str) -> None:
    assert written.usd(value) == shown


def test_finance_sees_a_plus_only_where_the_sign_is_the_point() -> None:
    assert written.usd(D("41.2"), signed=True) == "+$41.20"
    assert written.usd(D(0), signed=True) == "$0.00"
    assert written.usd(D("-0.03"), signed=True) == "−$0.03"


def test_support_reads_the_smallest_cost_without_an_exponent() -> None:
    assert written.usd_exact(D("0.00000001")) == "$0.00000001"
    assert written.usd_exact(D("1E-9")) == "$0.00000000"
    assert written.usd_exact(D("0.006970"), 5) == "$0.00697"
    assert written.full(D("1E-9"), "usd") == "$0.000000001"
    assert written.exact(D("1E-9")) == "0.000000001"


def test_finance_reads_whole_credits_grouped_and_a_part_only_where_there_is_one() -> None:
    assert written.credits(D("37436870.000000")) == "37,436,870"
    assert written.credits(D("0.700000")) == "0.7"
    assert written.credits(-147, unit=True) == "−147 credits"
    assert written.credits(1, unit=True) == "1 credit"
    assert written.credits(None, unit=True) == "–"


def test_a_percentage_has_one_decimal_and_points_are_called_points() -> None:
    assert written.percent(D("28.4039")) == "28.4%"
    assert written.percent(D("-13.2")) == "−13.2%"
    assert written.points(D("5.92")) == "5.9 pp"
    assert written.percent(None) == written.points(None) == "–"


@pytest.mark.parametrize(
    ("value", "shown"), [("99.9999", "99.9%"), ("99.74", "99.7%"), ("98.76", "98.8%"), ("100", "100.0%")]
)
def test_coverage_never_rounds_up_to_perfect(value: str, shown: str) -> None:
    assert written.rate(D(value)) == shown


def test_a_multiplier_is_bare_and_keeps_the_decimals_it_has() -> None:
    assert written.multiplier(D("1.2000")) == "1.20"
    assert written.multiplier(D("1.2345")) == "1.2345"


def test_the_title_of_a_figure_has_every_digit_and_the_data_value_is_plain() -> None:
    assert written.full(D("37436.871204000000"), "usd") == "$37,436.871204"
    assert written.full(D("-5"), "usd") == "−$5.00"
    assert written.full(D("28.403900"), "percent") == "28.4039%"
    assert written.exact(D("37436.871204000000")) == "37436.871204"
    assert written.exact(D("1000")) == "1000"


def test_a_range_names_its_last_day_and_each_year_once() -> None:
    assert written.day_range(date(2026, 10, 21), date(2026, 11, 19)) == "21 Oct – 19 Nov 2026"
    assert written.day_range(date(2025, 12, 21), date(2026, 1, 19)) == "21 Dec 2025 – 19 Jan 2026"
    assert written.day_range(date(2026, 11, 19), date(2026, 11, 19)) == "19 Nov 2026"
    assert written.day_range(date(2026, 9, 21), date(2026, 10, 20), beside=date(2026, 11, 19)) == "21 Sep – 20 Oct"
    assert written.day_range(date(2025, 9, 21), date(2025, 10, 20), beside=date(2026, 1, 1)) == "21 Sep – 20 Oct 2025"


def test_every_moment_is_shown_in_utc_and_one_without_a_zone_is_refused() -> None:
    berlin = timezone(timedelta(hours=1))
    assert written.instant(datetime(2026, 11, 20, 9, 0, tzinfo=berlin)) == "20 Nov 2026, 08:00 UTC"
    assert written.instant(NOW, seconds=True) == "20 Nov 2026, 08:00:00 UTC"
    with pytest.raises(ValueError, match="has no time zone"):
        written.instant(datetime(2026, 11, 20, 9, 0))  # noqa: DTZ001 - the mistake it is about


def test_a_moment_says_as_much_of_its_day_as_is_needed() -> None:
    assert written.moment(datetime(2026, 11, 20, 7, 45, tzinfo=UTC), NOW) == "07:45"
    assert written.moment(datetime(2026, 11, 19, 16, 5, tzinfo=UTC), NOW) == "19 Nov, 16:05"
    assert written.moment(datetime(2025, 11, 19, 16, 5, tzinfo=UTC), NOW) == "19 Nov 2025, 16:05"


def test_shares_that_would_sum_to_99_9_are_given_their_missing_tenth() -> None:
    assert written.shares([D(1), D(1), D(1)]) == [D("33.4"), D("33.3"), D("33.3")]
    assert written.shares([D(0), D(0)]) == [None, None]
    assert written.shares([D(3), None, D(1)]) == [D("75.0"), None, D("25.0")]
    assert written.shares([D(1), D(2)], whole=D("22.8")) == [D("7.6"), D("15.2")]


@given(st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=6), min_size=1, max_size=60))
def test_shares_always_sum_to_exactly_one_hundred(values: list[D]) -> None:
    parts = written.shares(list(values))
    if sum(values):
        assert sum(part for part in parts if part is not None) == 100
    else:
        assert set(parts) == {None}
