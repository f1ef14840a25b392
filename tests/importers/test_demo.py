from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from flask import Flask

from dashboard.actions.add_demo_operators import add_demo_operators
from dashboard.engine.usage import UsageEvent
from dashboard.importers.demo import load, requests
from dashboard.importers.demo.models import CHANGED_MODEL, UNPRICED_MODEL, vendor_prices
from dashboard.importers.demo.people import extra_grants, people
from tests.importers.files import numbers, run

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
FIRST_DAY = datetime(2026, 8, 23, tzinfo=UTC)


def generated(now: datetime = NOW) -> list[UsageEvent]:
    random = Random(1)
    cast = people(random, FIRST_DAY, now)
    return [event for _, day in requests.days(random, cast, now) for event in day]


def test_the_demo_is_the_same_every_time() -> None:
    assert [event.body_sha256 for event in generated()] == [event.body_sha256 for event in generated()]


def test_the_demo_has_about_sixty_thousand_requests_of_the_last_ninety_days() -> None:
    events = generated()
    assert 57_000 < len(events) < 63_000
    assert min(event.started_at for event in events) >= FIRST_DAY
    assert max(event.completed_at or event.started_at for event in events) <= NOW
    assert len({event.request_id for event in events}) == len(events)


def test_everything_that_can_happen_to_a_request_happens() -> None:
    events = generated()
    statuses = Counter(event.status for event in events)
    assert set(statuses) == {"success", "failed", "cancelled", "rate_limited"}
    assert statuses["success"] / len(events) > 0.9
    assert {event.key_mode for event in events} == {"system", "own"}
    assert any(event.status == "failed" and event.vendor_cost_usd for event in events)
    assert min(event.started_at for event in events if event.model == UNPRICED_MODEL) > NOW - timedelta(days=6)


def test_weekends_are_quiet_and_the_company_grows() -> None:
    by_day = Counter(event.started_at.date() for event in generated())
    saturday, tuesday = datetime(2026, 11, 14, tzinfo=UTC).date(), datetime(2026, 11, 17, tzinfo=UTC).date()
    assert by_day[saturday] * 2 < by_day[tuesday]
    assert sum(by_day[day] for day in sorted(by_day)[:28]) < sum(by_day[day] for day in sorted(by_day)[-29:-1])


def test_the_cast_is_of_250_customers_on_all_plans_each_with_an_address_of_their_own() -> None:
    cast = people(Random(1), FIRST_DAY, NOW)
    assert len({person.customer.email for person in cast}) == 250
    assert all(person.customer.email.endswith(".example") for person in cast)
    assert len({person.customer.tier for person in cast}) == 5


def test_promotions_expire_and_packs_were_paid_for() -> None:
    random = Random(1)
    grants = extra_grants(random, people(random, FIRST_DAY, NOW), FIRST_DAY, NOW)
    assert all((grant.expires_at is None) == (grant.source == "purchase") for grant in grants)
    assert all((grant.paid_usd > 0) == (grant.source == "purchase") for grant in grants)


def test_one_vendor_price_changed_within_the_ninety_days_and_one_model_has_none() -> None:
    prices = vendor_prices(NOW)
    assert len([price for price in prices if price.model == CHANGED_MODEL]) == 2
    assert UNPRICED_MODEL not in {price.model for price in prices}


def test_a_small_demo_keeps_every_law_and_shows_every_case(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "REQUESTS", 3_000)
    with fresh_app.app_context():
        recorded = load.load_demo(NOW, lambda _recorded: None)
    assert numbers(fresh_app, "select count(*) from token_usage_ledger") == [(recorded,)]
    assert numbers(fresh_app, "select count(*) from usage_delta") == [(0,)]
    assert numbers(fresh_app, "select value from setting where key = 'demo'") == [(True,)]
    losing = "select sum(list_revenue_usd) < sum(vendor_cost_usd) from usage_daily where model_id = 'claude-opus-4-5' and tier <> 'free'"
    assert numbers(fresh_app, losing) == [(True,)]
    assert numbers(fresh_app, "select count(*) > 0 from credit_deduction_ledger where reason = 'expiry'") == [(True,)]
    assert numbers(fresh_app, "select count(*) > 0 from token_usage_ledger where cost_status = 'unpriced'") == [(True,)]
    waiting = "select kind, state from approval_request order by kind"
    assert numbers(fresh_app, waiting) == [("deduct_by_hand", "pending"), ("grant_credits", "pending")]
    assert run(fresh_app, "check").exit_code == 0


def test_the_demo_refuses_a_database_in_use_in_one_sentence(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        add_demo_operators(now=NOW)
    said = run(fresh_app, "demo")
    assert said.exit_code == 2
    assert "The database is not empty, so the demo was not loaded and nothing was changed" in said.output
    assert numbers(fresh_app, "select count(*) from users") == [(0,)]
