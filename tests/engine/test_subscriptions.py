"""The life of a plan, as rules: periods that tile, states, and what the clock does next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.subscriptions import (
    DUNNING,
    ENDED,
    TRANSITIONS,
    Event,
    Standing,
    Status,
    first_period_end,
    next_due,
    next_period_end,
    refuse_move,
)

NEW_YEAR = datetime(2028, 1, 1, tzinfo=UTC)


def ends(start: datetime, cycle: str, count: int) -> list[str]:
    end = first_period_end(start, cycle, start.day)
    found = [end]
    while len(found) < count:
        found.append(next_period_end(found[-1], cycle, start.day))
    return [f"{one:%Y-%m-%d %H:%M}" for one in found]


def test_a_plan_begun_on_the_31st_ends_its_periods_on_each_months_last_day() -> None:
    begun = datetime(2027, 10, 31, 14, 30, tzinfo=UTC)
    assert ends(begun, "monthly", 6) == [
        "2027-11-30 00:00",
        "2027-12-31 00:00",
        "2028-01-31 00:00",
        "2028-02-29 00:00",
        "2028-03-31 00:00",
        "2028-04-30 00:00",
    ]


def test_a_year_begun_on_a_leap_day_ends_on_the_28th_until_the_next_leap_year() -> None:
    begun = datetime(2028, 2, 29, tzinfo=UTC)
    assert ends(begun, "annual", 4) == [
        "2029-02-28 00:00",
        "2030-02-28 00:00",
        "2031-02-28 00:00",
        "2032-02-29 00:00",
    ]


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["monthly", "annual"]),
)
def test_every_period_is_about_a_month_or_a_year_long(start: datetime, cycle: str) -> None:
    shortest, longest = (27, 31) if cycle == "monthly" else (364, 366)
    anchor = start.day
    end = first_period_end(start, cycle, anchor)
    for _ in range(13):
        assert timedelta(days=shortest) <= end - start <= timedelta(days=longest)
        start, end = end, next_period_end(end, cycle, anchor)


def test_what_is_due_first_comes_first_and_a_renewal_before_the_credits_it_pays_for() -> None:
    standing = Standing(Status.ACTIVE, NEW_YEAR, NEW_YEAR)
    assert next_due(standing) == (NEW_YEAR, Event.PERIOD_END)
    earlier = Standing(Status.ACTIVE, NEW_YEAR, NEW_YEAR - timedelta(days=3))
    assert next_due(earlier) == (NEW_YEAR - timedelta(days=3), Event.ALLOWANCE)


@pytest.mark.parametrize("status", [Status.TRIAL, Status.SUSPENDED])
def test_a_trial_and_a_suspended_plan_are_granted_nothing(status: Status) -> None:
    assert next_due(Standing(status, NEW_YEAR, NEW_YEAR - timedelta(days=9))) == (NEW_YEAR, Event.PERIOD_END)


def test_an_unpaid_invoice_is_looked_at_after_0_3_7_14_and_21_days() -> None:
    since = NEW_YEAR - timedelta(days=31)
    days = []
    for attempts in range(len(DUNNING)):
        found = next_due(Standing(Status.PAST_DUE, NEW_YEAR, None, since, attempts))
        assert found is not None
        assert found[1] is Event.DUNNING
        days.append((found[0] - since).days)
    assert days == [0, 3, 7, 14, 21]
    assert DUNNING[-2:] == ((14, Status.SUSPENDED), (21, Status.CANCELLED))


@pytest.mark.parametrize("status", ENDED)
def test_a_plan_that_has_ended_is_left_alone(status: Status) -> None:
    assert next_due(Standing(status, NEW_YEAR, NEW_YEAR, NEW_YEAR)) is None
    for wanted in Status:
        with pytest.raises(RuleBrokenError, match="Nothing was changed"):
            refuse_move(status, wanted)


def test_every_state_can_be_left_but_the_last_ones() -> None:
    assert {status for status in Status if not TRANSITIONS[status]} == ENDED
    refuse_move("past_due", Status.ACTIVE)
    with pytest.raises(RuleBrokenError, match="is active, so it cannot become in its trial"):
        refuse_move("active", Status.TRIAL)
