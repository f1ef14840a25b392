"""Costs: the providers' part, how it is spread, and what waits to be folded."""

import csv
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO
from math import ceil
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.actions.fold_usage import fold_usage
from dashboard.engine.distribution import mean_usd, percentile_usd
from dashboard.engine.periods import Period
from dashboard.reports.costs import costs, dearest_requests, distribution
from dashboard.reports.filters import Filters
from tests.cast import FIONA, SAM, signed_in
from tests.shop import FIRST, TODAY, Facts, open_shop

COSTS = "/finance/costs"
DAYS = f"from={FIRST}&to={TODAY}"
ALL = Period(FIRST, date(2026, 11, 1))
NOTHING = Decimal(0)


@pytest.fixture(scope="module")
def facts(app: Flask) -> Facts:
    """A shop whose newest half still waits to be folded."""
    return open_shop(app, folded=False)


@pytest.fixture
def fiona(app: Flask, facts: Facts) -> FlaskClient:
    return signed_in(app, FIONA)


def page(browser: FlaskClient, query: str = DAYS) -> str:
    answer = browser.get(f"{COSTS}?{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def table(browser: FlaskClient, name: str, query: str = DAYS) -> list[dict[str, str]]:
    with browser.get(f"{COSTS}/{name}/csv?{query}") as answer:
        return list(csv.DictReader(StringIO(answer.get_data(as_text=True))))


def ledger(app: Flask, sql: str) -> list[Any]:
    with app.app_context(), db.snapshot() as connection:
        return list(connection.execute(text(sql)).scalars())


@pytest.mark.parametrize("name", ["providers", "models"])
def test_the_lines_add_up_to_what_the_ledger_holds(app: Flask, fiona: FlaskClient, name: str) -> None:
    *lines, total = table(fiona, name)
    spent = ledger(app, "select sum(vendor_cost) from token_usage_ledger")[0]
    assert sum((Decimal(line["Vendor cost, USD"] or 0) for line in lines), NOTHING) == spent
    assert Decimal(total["Vendor cost, USD"]) == spent
    assert f'data-value="{total["Vendor cost, USD"]}"' in page(fiona)


def test_shares_make_a_hundred_and_models_make_their_provider(fiona: FlaskClient) -> None:
    providers, models = table(fiona, "providers")[:-1], table(fiona, "models")[:-1]
    assert sum(Decimal(line["Share, %"] or 0) for line in providers) == 100
    for provider in providers:
        inside = [line for line in models if line["Provider"] == provider["Provider"]]
        assert sum(Decimal(line["Share, %"] or 0) for line in inside) == Decimal(provider["Share, %"])


def test_the_average_is_of_priced_requests_only(app: Flask, fiona: FlaskClient) -> None:
    total = table(fiona, "providers")[-1]
    costs_of = ledger(app, "select vendor_cost from token_usage_ledger where cost_status = 'computed'")
    assert int(total["Priced requests"]) == len(costs_of)
    difference = Decimal(total["Average per priced request, USD"]) - sum(costs_of, NOTHING) / len(costs_of)
    assert abs(difference) < Decimal("1e-12")


def test_requests_without_a_price_are_named_and_left_out(fiona: FlaskClient, facts: Facts) -> None:
    html = page(fiona)
    assert f"<strong>Partial.</strong> {facts.unpriced} requests of {facts.requests}" in html
    assert "cost_status=unpriced" in html


def test_a_model_without_a_price_shows_no_cost(fiona: FlaskClient) -> None:
    line = next(line for line in table(fiona, "models") if line["Model"] == "brand-new-model")
    assert not line["Vendor cost, USD"]
    assert not line["Share, %"]


def test_percentiles_are_right_within_four_per_cent_and_the_mean_exactly(app: Flask, facts: Facts) -> None:
    known = sorted(ledger(app, "select vendor_cost from token_usage_ledger where cost_status = 'computed'"))
    with app.app_context(), db.snapshot() as connection:
        found = distribution(connection, ALL, Filters())
    assert sum(one.requests for one in found.now) == len(known)
    assert mean_usd(found.now) == sum(known, NOTHING) / len(known) or abs(
        (mean_usd(found.now) or 0) - sum(known, NOTHING) / len(known)
    ) < Decimal("1e-20")
    for percent in (50, 95, 99):
        exact = known[ceil(len(known) * percent / 100) - 1]
        assert abs((percentile_usd(found.now, percent) or NOTHING) / exact - 1) < Decimal("0.04")


def test_the_dearest_request_leads_the_list_and_to_its_row(app: Flask, fiona: FlaskClient) -> None:
    dearest = ledger(
        app, "select request_id from token_usage_ledger where vendor_cost is not null order by vendor_cost desc limit 1"
    )
    html = page(fiona)
    outliers = html[html.index("The dearest requests") :]
    href = re.search(r'href="(/finance/ledger-rows/[^"]+)"', outliers)
    assert href
    assert str(dearest[0]) in href.group(1)
    assert fiona.get(href.group(1)).status_code == 200
    assert " ×</td>" in outliers


def test_folding_changes_no_figure(fresh_app: Flask) -> None:
    open_shop(fresh_app, requests=120, folded=False)
    with fresh_app.app_context():
        before = read()
        fold_usage()
        assert read() == before


def read() -> tuple[object, ...]:
    with db.snapshot() as connection:
        return (
            costs(connection, ALL, Filters(), "day"),
            distribution(connection, ALL, Filters()),
            dearest_requests(connection, ALL, Filters()),
        )


@pytest.mark.parametrize(
    "filters",
    [Filters(tiers=("pro",)), Filters(providers=("openai",)), Filters(statuses=("cancelled",), key_modes=("system",))],
)
def test_by_customer_the_same_sums_come_out(app: Flask, facts: Facts, filters: Filters) -> None:
    everybody = tuple(ledger(app, "select id from users"))
    with app.app_context(), db.snapshot() as connection:
        alone = costs(connection, ALL, filters, "week")
        by_customer = costs(connection, ALL, replace(filters, customers=everybody), "week")
    assert alone == by_customer
    assert alone.now.requests


def test_a_filter_the_spread_does_not_know_is_said_beside_it(fiona: FlaskClient) -> None:
    assert "The spread is kept by provider and model only" in page(fiona, f"{DAYS}&tier=pro")
    assert "The spread is kept by provider and model only" not in page(fiona, f"{DAYS}&provider=openai")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2020-01-01&to=2020-01-02", "No requests in these days."),
        (f"{DAYS}&model=brand-new-model", "No priced request."),
        (f"from={TODAY}&to={TODAY}", "1 day as a table"),
        (f"{DAYS}&sort=-average&provider=acme&_scheme=x", "There is no provider “acme”"),
        ("period=1y", "Vendor cost per week by provider"),
    ],
)
def test_each_state_says_what_it_is(fiona: FlaskClient, query: str, said: str) -> None:
    assert said in page(fiona, query)


@pytest.mark.parametrize("key", ["name", "requests", "cost", "average"])
def test_each_column_sorts_both_ways(fiona: FlaskClient, key: str) -> None:
    column = {
        "name": "Model",
        "requests": "Requests",
        "cost": "Vendor cost, USD",
        "average": "Average per priced request, USD",
    }[key]
    up = [line[column] for line in table(fiona, "models", f"{DAYS}&sort={key}")[:-1]]
    down = [line[column] for line in table(fiona, "models", f"{DAYS}&sort=-{key}")[:-1]]
    assert up == down[::-1]


def test_support_does_not_see_costs(app: Flask, facts: Facts) -> None:
    assert signed_in(app, SAM).get(COSTS).status_code == 403
