"""What was given back in the figures: on the day it was given back, or, as corrected, on the day of the request."""

import re
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.rebuild_usage import rebuild_usage
from tests.books import Story
from tests.cast import FIONA, signed_in

DAY_OF_REQUEST, DAY_OF_REVERSAL = "from=2026-09-02&to=2026-09-02", "from=2026-09-05&to=2026-09-05"
LATER = "from=2026-09-07&to=2026-09-07"
ALL_DAYS = "from=2026-09-01&to=2026-09-30"
TOTALS = re.compile(r'<tfoot>\s*<tr><th scope="row">All</th>(.*?)</tr>', re.DOTALL)
VALUES = re.compile(r'data-value="([^"]*)"')
TILES = re.compile(r'<h2>([^<]+)</h2>\s*<div class="row"><strong class="fig"><a [^>]*data-value="([^"]*)"')
# Used: 1,000 credits on the 2nd and 100 on the 5th; given back: 250 on the 5th and 10 on the 7th. A credit is worth $0.001, and
# $0.0009 were paid for each; every credit used cost half of its value.
CASH = {
    DAY_OF_REQUEST: Decimal(1),
    DAY_OF_REVERSAL: Decimal("-0.15"),
    LATER: Decimal("-0.01"),
    ALL_DAYS: Decimal("0.84"),
}
CORRECTED = {DAY_OF_REQUEST: Decimal("0.74"), DAY_OF_REVERSAL: Decimal("0.1"), ALL_DAYS: Decimal("0.84")}
COST = {
    DAY_OF_REQUEST: Decimal("0.5"),
    DAY_OF_REVERSAL: Decimal("0.05"),
    LATER: Decimal(0),
    ALL_DAYS: Decimal("0.55"),
}
PAID_PER_LIST = Decimal("0.9")
GROUPINGS = ("provider,model,tier", "tier,model", "customer,model")


@pytest.fixture(params=["waiting", "folded", "folded in between", "rebuilt"])
def fiona(request: pytest.FixtureRequest, fresh_app: Flask) -> FlaskClient:
    """Finance, once a part of a request was given back three days later, wherever the summaries stand."""
    story = Story(fresh_app).play("""
        day 0: grant A 10000 for $9 paid
        day 1: use 1000
    """)
    with fresh_app.app_context():
        if request.param == "folded in between":
            fold_usage()
    story.play("""
        day 4: reverse 2 by 200
        day 4: use 100
        day 4: reverse 2 by 50
        day 6: reverse 2 by 10
    """)
    assert story.laws() == {}
    with fresh_app.app_context():
        if request.param == "folded":
            fold_usage()
        if request.param == "rebuilt":
            rebuild_usage()
    assert story.laws() == {}
    return signed_in(fresh_app, FIONA)


def margins(fiona: FlaskClient, asked: str) -> tuple[Decimal, Decimal, Decimal]:
    """Revenue, cost and margin in the last row of the Margins table."""
    found = TOTALS.search(fiona.get(f"/finance/margins?{asked}&open=all").text)
    assert found, "the table has no total"
    revenue, cost, margin = (Decimal(value) for value in VALUES.findall(found.group(1))[2:5])
    return revenue, cost, margin


def test_margins_take_back_what_was_given_back_on_its_day_or_as_corrected_on_the_request_s(fiona: FlaskClient) -> None:
    for view, expected in (("", CASH), ("&reversals=corrected", CORRECTED)):
        for days, revenue in expected.items():
            for grouping in GROUPINGS:
                shown = margins(fiona, f"{days}{view}&group={grouping}")
                assert shown == (revenue, COST[days], revenue - COST[days])
            paid, cost, margin = margins(fiona, f"{days}{view}&value=realised")
            assert (paid, cost, margin) == (revenue * PAID_PER_LIST, COST[days], revenue * PAID_PER_LIST - COST[days])


def test_the_page_lets_one_choose_the_day_reversals_count_on(fiona: FlaskClient) -> None:
    page = fiona.get(f"/finance/margins?{ALL_DAYS}&reversals=corrected").text
    assert '<option value="corrected" selected>On the day of the request</option>' in page
    assert "As corrected by reversals" in page
    wrong = fiona.get(f"/finance/margins?{ALL_DAYS}&reversals=never")
    assert "Not taken." in wrong.text
    assert margins(fiona, f"{ALL_DAYS}&reversals=never")[0] == CASH[ALL_DAYS]


def test_the_overview_is_the_cash_view_and_equals_margins(fiona: FlaskClient) -> None:
    for days, revenue in CASH.items():
        tiles = {title: Decimal(value) for title, value in TILES.findall(fiona.get(f"/?{days}").text)}
        assert tiles["List revenue"] == revenue
        assert tiles["Vendor cost"] == COST[days]
        assert tiles["Gross margin"] == revenue - COST[days]


def test_the_foot_of_the_ledger_rows_ends_with_the_revenue_of_margins(fiona: FlaskClient) -> None:
    page = fiona.get(f"/finance/ledger-rows?{ALL_DAYS}").text
    assert "Net of reversals, as in Margins" in page
    foot = page.partition("Net of reversals, as in Margins")[2]
    assert Decimal("0.29") in {Decimal(value) for value in VALUES.findall(foot.partition("</tr>")[0]) if value}


def test_the_api_gives_the_cash_view(fiona: FlaskClient) -> None:
    for group in ("day", "tier", "model", "customer"):
        body = fiona.get(f"/api/v1/analytics/margins?from=2026-09-01&to=2026-10-01&group_by={group}").get_json()
        assert Decimal(body["total"]["list_revenue_usd"]) == CASH[ALL_DAYS]
        assert sum(Decimal(row["list_revenue_usd"]) for row in body["rows"]) == CASH[ALL_DAYS]
