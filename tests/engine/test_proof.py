"""Where a law stands: a pass counts for a day, a break until it is repaired."""

from datetime import UTC, datetime, timedelta

from dashboard.engine.proof import Standing, standing

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_a_law_that_never_ran_is_not_called_passed() -> None:
    assert standing(None, 0, NOW) is Standing.NEVER_RUN


def test_a_pass_is_stale_after_a_day() -> None:
    assert standing(NOW - timedelta(hours=24), 0, NOW) is Standing.PASSED
    assert standing(NOW - timedelta(hours=24, seconds=1), 0, NOW) is Standing.STALE


def test_a_break_stays_a_break_however_old() -> None:
    assert standing(NOW - timedelta(days=9), 1, NOW) is Standing.FAILED


def test_a_notice_points_something_out_and_breaks_nothing() -> None:
    assert standing(NOW, 3, NOW, is_notice=True) is Standing.NOTICED
    assert standing(NOW, 0, NOW, is_notice=True) is Standing.PASSED
