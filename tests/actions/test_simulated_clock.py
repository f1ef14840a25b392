"""Two years of plans under a simulated clock: every law at every month's end, whatever people do in between."""

from flask import Flask

from tests.clock import Clock
from tests.importers.files import numbers

STORY = "select distinct reason from credit_deduction_ledger"


def test_two_years_of_plans_break_no_law(fresh_app: Flask) -> None:
    clock = Clock(fresh_app, seed=1)
    clock.run(24, every=3)
    # It was a story worth telling: people did things, and some were refused.
    assert clock.done > 50
    assert clock.refused > 10
    told = {str(reason) for (reason,) in numbers(fresh_app, STORY)}
    assert told >= {"allocation", "proration", "rollover", "expiry", "usage"}
    assert len(numbers(fresh_app, "select 1 from subscription_period")) > 20
    assert numbers(fresh_app, "select count(distinct change_type) from proration_event") == [(1,)]
