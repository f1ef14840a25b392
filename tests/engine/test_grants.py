from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from dashboard.engine.calendar import day_of_month
from dashboard.engine.grants import Period, Plan, allowance_periods, allowances, share_of_price_usd

USER, SUBSCRIPTION = UUID(int=1), UUID(int=2)
YEARS = timedelta(days=3 * 366)
starts = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of a strategy have no zone
reset_days = st.integers(1, 31)


def plan(started_at: datetime, reset_day: int, **changes: object) -> Plan:
    facts: dict[str, object] = {
        "tier": "pro_max",
        "tier_title": "Pro Max",
        "billing_cycle": "monthly",
        "price_usd": Decimal("19.00"),
        "monthly_credits": Decimal(20_000),
    }
    return Plan(USER, SUBSCRIPTION, reset_day=reset_day, started_at=started_at, **{**facts, **changes})  # type: ignore[arg-type] # changed facts


def days_of(started: str, reset_day: int, until: str) -> list[str]:
    start = datetime.fromisoformat(started).replace(tzinfo=UTC)
    end = datetime.fromisoformat(until).replace(tzinfo=UTC)
    return [f"{period.start:%m-%d}…{period.end:%m-%d}" for period in allowance_periods(start, reset_day, start, end)]


def test_the_first_period_runs_from_the_start_to_the_reset_day() -> None:
    assert days_of("2026-06-26", 16, "2026-08-17") == ["06-26…07-16", "07-16…08-16", "08-16…09-16"]


def test_a_start_on_the_reset_day_has_a_whole_first_period() -> None:
    assert days_of("2026-06-16", 16, "2026-07-16") == ["06-16…07-16"]


def test_the_31st_is_the_last_day_of_a_short_month_and_comes_back_after_it() -> None:
    assert days_of("2026-01-31", 31, "2026-05-30") == ["01-31…02-28", "02-28…03-31", "03-31…04-30", "04-30…05-31"]


def test_a_leap_year_keeps_the_29th() -> None:
    assert days_of("2028-01-30", 30, "2028-03-30") == ["01-30…02-29", "02-29…03-30"]


@given(starts, reset_days)
def test_periods_tile_without_gap_or_overlap(started_at: datetime, reset_day: int) -> None:
    periods = list(allowance_periods(started_at, reset_day, started_at, started_at + YEARS))
    assert periods[0].start == started_at
    assert all(before.end == after.start for before, after in pairwise(periods))
    assert all(period.start < period.end <= period.start + timedelta(days=31) for period in periods)
    assert all(period.end == day_of_month(period.end.year, period.end.month, reset_day) for period in periods)


@given(
    starts, reset_days, st.timedeltas(timedelta(0), YEARS), st.timedeltas(timedelta(microseconds=1), timedelta(days=90))
)
def test_a_part_of_the_time_gives_the_same_periods_as_the_whole(
    started_at: datetime, reset_day: int, offset: timedelta, length: timedelta
) -> None:
    since = started_at + offset
    whole = allowance_periods(started_at, reset_day, started_at, since + length)
    part = list(allowance_periods(started_at, reset_day, since, since + length))
    assert part == [period for period in whole if period.end > since]


@given(starts, reset_days)
def test_granting_again_gives_the_same_grants(started_at: datetime, reset_day: int) -> None:
    until = started_at + timedelta(days=70)
    once = list(allowances(plan(started_at, reset_day), started_at, until))
    assert once == list(allowances(plan(started_at, reset_day), started_at, until))
    assert len({grant.id for grant in once}) == len(once)


def test_the_short_first_period_is_granted_in_full_and_paid_by_its_share() -> None:
    start = datetime(2026, 6, 26, tzinfo=UTC)
    first, second = list(allowances(plan(start, 16), start, datetime(2026, 7, 17, tzinfo=UTC)))
    assert first.granted == second.granted == 20_000
    assert first.origin == "Allowance of Pro Max"
    assert first.paid_usd == Decimal("12.666666666666666667")  # 20 of the 30 days from 16 June to 16 July
    assert second.paid_usd == 19
    assert (first.priority, first.category, first.source, first.reason) == (
        10,
        "allowance",
        "monthly_allocation",
        "allocation",
    )
    assert (first.effective_at, first.expires_at) == (start, datetime(2026, 7, 16, tzinfo=UTC))


def test_an_annual_plan_is_granted_monthly_and_paid_by_twelfths() -> None:
    start = datetime(2026, 6, 16, tzinfo=UTC)
    annual = plan(start, 16, billing_cycle="annual", price_usd=Decimal("190.00"))
    (grant,) = allowances(annual, start, start + timedelta(days=1))
    assert grant.granted == 20_000
    assert grant.paid_usd == Decimal("15.833333333333333333")


def test_the_free_plan_pays_nothing() -> None:
    start = datetime(2026, 6, 16, tzinfo=UTC)
    period = Period(start, start + timedelta(days=30), start)
    assert share_of_price_usd(plan(start, 16, price_usd=Decimal(0)), period) == 0


def test_a_plan_without_credits_grants_nothing() -> None:
    start = datetime(2026, 6, 16, tzinfo=UTC)
    assert not list(allowances(plan(start, 16, monthly_credits=Decimal(0)), start, start + YEARS))


def test_nothing_is_granted_for_periods_after_a_plan_ended() -> None:
    start = datetime(2026, 6, 16, tzinfo=UTC)
    ended = plan(start, 16, ended_at=datetime(2026, 7, 20, tzinfo=UTC))
    assert len(list(allowances(ended, start, start + YEARS))) == 2
