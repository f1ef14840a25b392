"""Admins see what a price would have done to real requests, to the last credit, before anybody approves it."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from dashboard import db
from dashboard.actions.draft_price import draft_price
from dashboard.actions.request_impact import request_impact
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.impact import Assumptions, RuleChange, Scenario, Standing
from dashboard.reports.filters import Filters
from dashboard.reports.pricing.impact import latest_impact, outcome, simulate
from dashboard.reports.pricing.replay import replay
from tests.cast import ADAM, FIONA, at, csrf_of, hire, signed_in
from tests.desk import drafted, seen
from tests.pages.pricing.replays import EVERYTHING, START, TIERS, WINDOW, ZERO, raised, waiting
from tests.shop import NOW, open_shop


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    open_shop(app, requests=600, folded=False)
    return app


@pytest.fixture
def books(shop: Flask) -> Iterator[Connection]:
    with shop.app_context(), db.snapshot() as connection:
        yield connection


@pytest.fixture
def adam(shop: Flask) -> FlaskClient:
    return signed_in(shop, ADAM)


def by_hand(books: Connection, factor: str) -> dict[UUID, list[Decimal]]:
    """Charge every request again with nothing of the product: due, deducted, and when the first went uncovered."""
    grants = [
        [grant.user_id, grant.effective_at, grant.expires_at, grant.granted]
        for grant in books.execute(
            text("select * from user_credit_source order by expires_at nulls last, priority, effective_at, id")
        )
    ]
    found: dict[UUID, list[Any]] = defaultdict(lambda: [ZERO, ZERO, None])
    for row in books.execute(text("select * from token_usage_ledger order by request_started_at, request_id")):
        if row.request_started_at >= WINDOW[1]:
            continue
        charged = row.key_mode == "system" and row.status in {"success", "cancelled"} and row.vendor_cost is not None
        value = row.vendor_cost * Decimal(TIERS[row.user_tier_at_request]) * Decimal(factor) if charged else ZERO
        left = due = (value / Decimal("0.001")).to_integral_value(ROUND_CEILING)
        for grant in grants:
            if grant[0] == row.user_id and grant[1] <= row.request_started_at < grant[2]:
                taken = min(left, grant[3])
                grant[3] -= taken
                left -= taken
        so_far = found[row.user_id]
        found[row.user_id] = [
            so_far[0] + due,
            so_far[1] + due - left,
            so_far[2] or (row.request_started_at if left else None),
        ]
    return dict(found)


def test_the_unchanged_price_replays_to_the_last_credit(books: Connection) -> None:
    unchanged, same = simulate(books, *WINDOW, [raised("1.0")], at=NOW)
    assert unchanged.difference == unchanged.deviation == 0
    assert same.charged == same.before == same.after == unchanged.before
    recorded = books.execute(
        text(
            "select count(*), sum(credits_due), sum(credits_deducted), sum(realised_revenue_usd), sum(vendor_cost) "
            "from token_usage_ledger where request_started_at < :end"
        ),
        {"end": WINDOW[1]},
    ).one()
    after = same.after
    assert tuple(recorded) == (
        after.requests,
        after.credits_due,
        after.credits_deducted,
        after.realised_revenue_usd,
        after.vendor_cost_usd,
    )


def test_a_tenth_more_is_what_plain_decimals_say(books: Connection) -> None:
    _, impact = simulate(books, *WINDOW, [raised("1.1")], at=NOW)
    wanted = by_hand(books, "1.1")
    assert {
        one.user_id: [one.after.credits_due, one.after.credits_deducted, one.runs_out_at] for one in impact.customers
    } == wanted
    assert impact.after.credits_due == sum((one[0] for one in wanted.values()), ZERO)
    assert impact.after.credits_deducted == sum((one[1] for one in wanted.values()), ZERO)
    assert impact.ran_out == sum(one[2] is not None for one in wanted.values()) > 0
    for parts in (impact.by_tier, impact.by_model, impact.by_day):
        for name in ("credits_due", "credits_uncovered", "list_revenue_usd", "realised_revenue_usd", "vendor_cost_usd"):
            assert sum((getattr(part.after, name) for part in parts), ZERO) == getattr(impact.after, name), name


def test_a_change_of_one_tier_speaks_of_that_tier_alone(books: Connection) -> None:
    change = Scenario((RuleChange("tier", Decimal("1.8"), tier="pro"),))
    _, impact = simulate(books, *WINDOW, [change], at=NOW)
    assert [part.name for part in impact.by_tier] == ["pro"]
    assert 0 < impact.affected_requests < impact.requests
    assert [one.after.credits_due > one.before.credits_due for one in impact.customers] == [True]
    _, filtered = simulate(
        books, *WINDOW, [raised("1.1")], at=NOW, filters=Filters(tiers=("pro",), providers=("openai",))
    )
    assert {part.provider for part in filtered.by_model} == {"openai"}


def test_a_window_read_in_parts_is_the_same_window(books: Connection) -> None:
    heard: list[int] = []
    whole = replay(books, WINDOW, [raised("1.3")], Standing(NOW))
    parts = replay(books, WINDOW, [raised("1.3")], Standing(NOW), days_at_once=7, tell=heard.append)
    assert parts.customers == whole.customers
    assert sorted(parts.days, key=str) == sorted(whole.days, key=str)
    assert len(heard) == 9
    assert sum(heard) == sum(row.requests for row in whole.days)


def test_a_window_may_start_in_the_midst_of_a_period(books: Connection) -> None:
    unchanged, _ = simulate(books, START + timedelta(days=40), WINDOW[1], [raised("1.1")], at=NOW)
    assert unchanged.difference == unchanged.deviation == 0


def asked(shop: Flask, **given: Any) -> UUID:
    with shop.app_context():
        return draft_price(hire(shop, ADAM), drafted(**given), NOW)


def test_an_admin_replays_a_proposal_and_reads_what_it_would_have_done(shop: Flask, adam: FlaskClient) -> None:
    config_id = asked(shop, tier="enterprise_pro", multiplier=Decimal("1.35"))
    before = seen(shop, config_id)
    with at(shop, NOW):
        answer = adam.post(
            "/pricing/impacts",
            data={"csrf_token": csrf_of(adam), "config_id": str(config_id), "volume_percent": "-10"},
        )
        assert answer.status_code == 303
        page = adam.get(answer.headers["Location"]).get_data(as_text=True)
        files = [
            adam.get(f"{answer.headers['Location']}/{table}/csv").get_data(as_text=True)
            for table in ("tiers", "models", "days", "customers")
        ]
    assert "Old price replays to 0 difference" in page
    assert "An assumption, not a replay." in page
    assert "With 1.35" in page
    assert all(len(list(csv.reader(StringIO(file)))) > 1 for file in files)
    assert seen(shop, config_id) != before
    with shop.app_context(), db.snapshot() as connection:
        run = latest_impact(connection, config_id)
        assert run
        assert run.status == "finished"
        assert run.days == 30
        early = outcome(connection, config_id, NOW, 7, now=NOW + timedelta(days=6))
        assert (early.predicted, early.actual) == (None, None)
        due = outcome(connection, config_id, NOW, 7, now=NOW + timedelta(days=8))
        assert due.actual is not None
        assert due.actual.requests == 0
    with shop.app_context(), db.transaction() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("update impact_evidence set evidence = '{}'"))
    hiding = "update impact_run set status = 'cancelled' where status = 'finished'"
    with shop.app_context(), db.transaction() as session, pytest.raises(ProgrammingError, match="never changed"):
        session.execute(text(hiding))


def test_finance_reads_a_replay_and_cannot_ask_for_one(shop: Flask) -> None:
    fiona = signed_in(shop, FIONA)
    run_id = waiting(shop)
    page = fiona.get(f"/pricing/impacts/{run_id}").get_data(as_text=True)
    assert "Waiting for a worker" in page
    assert "<progress" in page
    assert "Cancel the replay" not in page
    refused = fiona.post("/pricing/impacts", data={"csrf_token": csrf_of(fiona), "config_id": str(run_id)})
    assert refused.status_code == 403


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31", "soon"])
def test_a_day_there_are_no_prices_for_is_refused(shop: Flask, adam: FlaskClient, day: str) -> None:
    config_id = asked(shop, tier="pro", multiplier=Decimal("1.6"))
    given = {"csrf_token": csrf_of(adam), "config_id": str(config_id), "from": day, "to": day}
    answer = adam.post("/pricing/impacts", data=given, follow_redirects=True)
    assert answer.status_code < 500
    assert "Nothing was changed" in answer.get_data(as_text=True)
    with shop.app_context(), db.snapshot() as connection:
        assert latest_impact(connection, config_id) is None


@pytest.mark.parametrize(
    ("window", "assumptions", "field"),
    [
        ((WINDOW[1], WINDOW[0]), EVERYTHING, "window"),
        ((START - timedelta(days=400), START), EVERYTHING, "window"),
        ((NOW + timedelta(days=1), NOW + timedelta(days=2)), EVERYTHING, "window"),
        (WINDOW, Assumptions(volume_percent=Decimal(-101)), "volume_percent"),
        (WINDOW, Assumptions(leaving_percent=Decimal(101)), "leaving_percent"),
    ],
)
def test_a_window_or_assumption_that_cannot_be_is_refused(
    shop: Flask, window: tuple[datetime, datetime], assumptions: Assumptions, field: str
) -> None:
    with shop.app_context(), pytest.raises(InvalidInputError) as refused:
        request_impact(hire(shop, ADAM), [raised("1.1")], window, assumptions, NOW)
    assert field in refused.value.errors
