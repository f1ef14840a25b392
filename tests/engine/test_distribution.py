"""Percentiles and ranges from logarithmic buckets, and that the database fills the same buckets."""

from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import Connection, text

from dashboard.engine.distribution import (
    LAST,
    Bucket,
    average_usd,
    edge_usd,
    mean_usd,
    merged,
    percentile_usd,
    ranges,
)

D = Decimal
CENT = D("0.01")


def bucket_of(connection: Connection, cost: D) -> int:
    return int(connection.execute(text("select cost_bucket(cast(:cost as numeric))"), {"cost": cost}).scalar_one())


def filled(connection: Connection, costs: list[D]) -> list[Bucket]:
    return merged(Bucket(bucket_of(connection, cost), 1, cost) for cost in costs)


@pytest.mark.parametrize(
    ("cost", "number"),
    [(D(0), 0), (D("1e-9"), 1), (D("1e-6"), 1), (D("0.01"), 128), (D("99.9"), 254), (D(100), LAST), (D(5000), LAST)],
)
def test_the_database_puts_each_cost_between_the_edges_of_its_bucket(
    connection: Connection, cost: D, number: int
) -> None:
    assert bucket_of(connection, cost) == number
    if number:
        assert cost >= edge_usd(number) or number == 1
    if 0 < number < LAST:
        assert cost < edge_usd(number + 1)


def test_percentiles_of_many_requests_are_right_within_four_per_cent(connection: Connection) -> None:
    random = Random(3)
    costs = sorted(D(10) ** D(random.randint(-58_000, 19_000)).scaleb(-4).quantize(D("1e-4")) for _ in range(400))
    buckets = filled(connection, costs)
    for percent in (1, 50, 95, 99, 100):
        exact = costs[-(-percent * len(costs) // 100) - 1]
        found = percentile_usd(buckets, percent)
        assert found is not None
        assert abs(found / exact - 1) < D("0.04"), percent


def test_free_requests_count_as_zero_and_pull_the_median_down() -> None:
    buckets = [Bucket(0, 6, D(0)), Bucket(128, 4, 4 * CENT)]
    assert percentile_usd(buckets, 50) == 0
    assert mean_usd(buckets) == D("0.004")


def test_what_costs_more_than_a_hundred_dollars_is_told_by_its_mean() -> None:
    assert percentile_usd([Bucket(LAST, 2, D(700))], 99) == 350


def test_what_costs_less_than_a_millionth_is_told_by_its_mean() -> None:
    assert percentile_usd([Bucket(1, 4, D("0.000000004"))], 50) == D("0.000000001")


def test_one_request_is_every_percentile() -> None:
    only = [Bucket(128, 1, CENT)]
    assert percentile_usd(only, 1) == percentile_usd(only, 50) == percentile_usd(only, 99)


def test_without_a_request_nothing_is_claimed() -> None:
    assert percentile_usd([], 50) is None
    assert mean_usd([]) is None
    assert average_usd(D(3), 0) is None
    assert ranges([]) == []


def test_ranges_hold_every_request_once_and_leave_no_gap() -> None:
    buckets = [Bucket(number, number + 1, D(number)) for number in (0, 1, 60, 61, 128, LAST)]
    found = ranges(buckets)
    assert sum(one.requests for one in found) == sum(one.requests for one in buckets)
    assert sum(one.cost_usd for one in found) == sum(one.cost_usd for one in buckets)
    assert [found[0].low, found[0].high] == [0, 0]
    assert all(one.high == after.low for one, after in pairwise(found[1:]))
    assert found[-1].low == 100
    assert found[-1].high is None


def test_a_cent_stands_in_the_range_that_starts_with_it() -> None:
    found = ranges([Bucket(129, 1, CENT)])
    assert [(one.low, one.high) for one in found] == [(D("0.01"), D("0.02"))]
