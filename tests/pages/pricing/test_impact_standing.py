"""Where a price changed within the window, a proposal is measured against the prices that stand, not the past."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from dashboard import db
from dashboard.actions.add_demo_multiplier import approve_demo_price
from dashboard.actions.draft_price import draft_price
from dashboard.actions.request_impact import request_impact
from dashboard.actions.run_impact import run_impact
from dashboard.engine.impact import Assumptions, Ordered, RuleChange, Scenario
from dashboard.engine.impact_json import impacts_of, written
from dashboard.engine.periods import Period
from dashboard.reports.filters import Filters
from dashboard.reports.pricing.impact import evidence, latest_impact, simulate
from dashboard.reports.pricing.scenarios import compare
from tests.cast import ADAM, ANNA, FIONA, at, hire, signed_in
from tests.desk import drafted
from tests.shop import FIRST, NOW, TODAY, open_shop

START = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
WINDOW = (START, datetime(2026, 10, 31, tzinfo=UTC))
TURN = datetime(2026, 10, 1, tzinfo=UTC)
OLD, NEW = Decimal("1.5"), Decimal("1.8")
BACK = Scenario((RuleChange("tier", OLD, tier="pro"),))
ZERO = Decimal(0)


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    with app.app_context():
        for one in (ADAM, ANNA):
            hire(app, one)
        raised = drafted(multiplier=NEW)
        approve_demo_price(raised, (ADAM.email, ANNA.email), approved_at=TURN, now=NOW)
    open_shop(app, requests=400)
    return app


@pytest.fixture
def books(shop: Flask) -> Iterator[Connection]:
    with shop.app_context(), db.snapshot() as connection:
        yield connection


def by_hand(books: Connection, multiplier: Decimal) -> Decimal:
    """What the tier pro would owe over all of the window at one multiplier, with nothing of the product."""
    sql = """
        select vendor_cost from token_usage_ledger
        where user_tier_at_request = 'pro' and key_mode = 'system' and status in ('success', 'cancelled')
            and vendor_cost is not null and request_started_at < :end
    """
    costs = books.execute(text(sql), {"end": WINDOW[1]}).scalars()
    return sum(((cost * multiplier / Decimal("0.001")).to_integral_value(ROUND_CEILING) for cost in costs), ZERO)


def test_going_back_costs_what_the_price_that_stands_earns_more(books: Connection) -> None:
    base, impact = simulate(books, *WINDOW, [BACK], at=NOW)
    wanted = by_hand(books, OLD) - by_hand(books, NEW)
    assert (impact.before.credits_due, impact.after.credits_due) == (by_hand(books, NEW), by_hand(books, OLD))
    assert impact.after.credits_due - impact.before.credits_due == wanted < 0
    assert impact.difference == 0, "as charged is still replayed at the prices of the time"
    assert impact.after.credits_due < impact.charged.credits_due < impact.before.credits_due
    assert base.after.credits_due - base.before.credits_due == impact.before.credits_due - impact.charged.credits_due
    assert sum((one.change_credits for one in impact.customers), ZERO) == wanted
    assert impact.decides == [impact.decided_requests]
    for parts in (impact.by_tier, impact.by_model, impact.by_day):
        for side in ("charged", "before", "after"):
            for name in ("credits_due", "credits_uncovered", "list_revenue_usd", "realised_revenue_usd"):
                whole = getattr(getattr(impact, side), name)
                assert sum((getattr(getattr(part, side), name) for part in parts), ZERO) == whole, (side, name)


def test_before_the_rise_the_same_price_changes_nothing(books: Connection) -> None:
    _, impact = simulate(books, *WINDOW, [BACK], at=TURN - timedelta(days=1))
    assert impact.before == impact.after
    assert impact.customers_changed == 0


def test_scenarios_are_compared_with_the_prices_of_today(books: Connection) -> None:
    period = Period(FIRST, TODAY)
    same = Scenario((RuleChange("tier", NEW, tier="pro"),))
    charged, today, back, unchanged = compare(books, period, Filters(), [BACK, same], Assumptions(), at=NOW)
    rise = today.figures.credits_due - charged.figures.credits_due
    assert rise > 0
    assert back.figures.credits_due - today.figures.credits_due == by_hand(books, OLD) - by_hand(books, NEW)
    assert unchanged.figures == today.figures


def test_an_admin_reads_what_was_charged_and_what_would_be_beside_each_other(shop: Flask) -> None:
    with shop.app_context():
        config_id = draft_price(hire(shop, ADAM), drafted(multiplier=OLD), NOW)
        run_id = request_impact(hire(shop, ADAM), config_id, WINDOW, Assumptions(), NOW)
        assert run_impact(run_id, replayed, now=NOW) == "replayed"
    with at(shop, NOW):
        page = signed_in(shop, FIONA).get(f"/pricing/impacts/{run_id}").get_data(as_text=True)
    assert re.search(r'href="/pricing/proposals" aria-current="page"', page)
    assert f'href="/pricing/proposals/{config_id}"' in page
    for words in (
        "As charged",
        "Prices of 31",
        "With 1.50",
        "Prices have changed since",
        "Old price replays to 0 difference",
    ):
        assert words in page
    with shop.app_context(), db.snapshot() as connection:
        run = latest_impact(connection, config_id)
        assert run
        assert run.prices_at == NOW
        assert run.impacts[1].after.credits_due == by_hand(connection, OLD)


def test_a_price_in_force_is_measured_against_the_one_it_ended(shop: Flask) -> None:
    sql = "select id from pricing_configs where margin_multiplier = 1.8 and approval_status = 'approved'"
    with shop.app_context():
        with db.snapshot() as connection:
            config_id = connection.execute(text(sql)).scalar_one()
        run_impact(request_impact(hire(shop, ADAM), config_id, WINDOW, Assumptions(), NOW), replayed, now=NOW)
        with db.snapshot() as connection:
            run = latest_impact(connection, config_id)
            assert run
            impact = run.impacts[1]
            assert (impact.before.credits_due, impact.after.credits_due) == (
                by_hand(connection, OLD),
                by_hand(connection, NEW),
            )


def test_evidence_of_before_is_still_read_and_says_what_it_compares_with(shop: Flask, books: Connection) -> None:
    impacts = simulate(books, *WINDOW, [BACK], at=TURN - timedelta(days=1))
    new = {"charged", "never_charged_requests", "decides", "ran_out_charged", "ran_out_charged_at"}
    kept = json.loads(
        json.dumps({"as_of": NOW.isoformat(), "impacts": [without(written(one), new) for one in impacts]})
    )
    found = impacts_of(kept)[1]
    assert found.charged == found.before == impacts[1].before
    assert found.after == impacts[1].after
    with shop.app_context():
        run_id = request_impact(hire(shop, ADAM), [BACK], WINDOW, Assumptions(), NOW)
        run_impact(run_id, lambda _ordered, _tell: kept, now=NOW)
    fiona = signed_in(shop, FIONA)
    page = fiona.get(f"/pricing/impacts/{run_id}").get_data(as_text=True)
    assert "it compares with what was charged at the time" in page
    assert "Prices of" not in page
    assert fiona.get(f"/pricing/impacts/{run_id}/tiers/csv").status_code == 200


def test_a_price_of_another_scope_approved_since_the_replay_is_named_before_deciding(shop: Flask) -> None:
    with shop.app_context():
        config_id = draft_price(hire(shop, ADAM), drafted(multiplier=OLD), NOW)
        run_id = request_impact(hire(shop, ADAM), config_id, WINDOW, Assumptions(), NOW)
        assert run_impact(run_id, replayed, now=NOW) == "replayed"
    address, words = f"/pricing/impacts/{run_id}", "Prices have changed since this replay:"
    fiona = signed_in(shop, FIONA)
    assert words not in fiona.get(address).get_data(as_text=True)
    beside = drafted(scope_type="tier", tier="free", multiplier=Decimal("2.2"))
    within = drafted(scope_type="model", tier=None, provider="openai", model="gpt-4o", multiplier=Decimal("1.7"))
    with shop.app_context():
        for draft in (beside, within):
            later = NOW + timedelta(seconds=1)
            approve_demo_price(draft, (ADAM.email, ANNA.email), approved_at=later, now=later)
    shown = fiona.get(address).get_data(as_text=True)
    assert words in shown
    assert "(OpenAI gpt-4o at 1.70)" in shown
    assert "(Free at 2.20)" not in shown


def without(value: Any, names: set[str]) -> Any:
    """The same without what evidence of before did not hold."""
    if isinstance(value, dict):
        return {key: without(one, names) for key, one in value.items() if key not in names}
    return [without(one, names) for one in value] if isinstance(value, list) else value


def replayed(ordered: Ordered, tell: Any) -> dict[str, Any]:
    with db.snapshot() as connection, db.same_snapshot(connection) as beside:
        return evidence(connection, ordered, tell, beside=beside)
