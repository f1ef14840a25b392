"""Who earns us money and who costs it: the totals of Margins and the Overview, customer by customer."""

import csv
import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import text

from dashboard import db
from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.record_usage import record_usage
from dashboard.embedded import Urls
from dashboard.engine.figures import Figures
from dashboard.engine.profitability import Account, Value, running, subsidy, top_share_percent
from dashboard.engine.rating import Tokens
from dashboard.engine.usage import UsageEvent
from tests.cast import FIONA, SAM, signed_in
from tests.conftest import owned
from tests.shop import FIRST, NOW, TODAY, customer_id, open_shop

PAGE = "/finance/customers"
DAYS = f"from={FIRST}&to={TODAY}"
BEA = customer_id("bea")
UPGRADE = """
    insert into subscription_tier_change (user_id, subscription_id, effective_at, tier, reason)
    select user_id, subscription_id, :at, 'pro_max', 'upgrade' from subscription_tier_change where user_id = :user
"""


def dollar_request(number: int, *, at_hour: int) -> UsageEvent:
    """A request of Bea's that the vendor charged a dollar for."""
    started = NOW + timedelta(hours=at_hour)
    return UsageEvent(
        customer="bea@example.com",
        request_id=UUID(int=number, version=4),
        external_id=None,
        provider="openai",
        model="gpt-4o",
        service="chat",
        request_type="completion",
        status="success",
        key_mode="system",
        tokens=Tokens(1000, 0, 0, 10),
        vendor_cost_usd=Decimal(1),
        cost_estimated=False,
        experiment_id=None,
        metadata=None,
        started_at=started,
        completed_at=started,
    )


@pytest.fixture(scope="module")
def shop(app: Flask, database: Urls) -> Flask:
    """A shop whose newest half waits to be folded, and where Bea moved from pro to pro_max at nine o'clock."""
    open_shop(app, folded=False)
    with owned(database) as owner:
        owner.execute(text(UPGRADE), {"user": BEA, "at": NOW + timedelta(hours=1)})
    with app.app_context():
        record_usage([dollar_request(1, at_hour=0), dollar_request(2, at_hour=2)])
    return app


@pytest.fixture
def fiona(shop: Flask) -> FlaskClient:
    return signed_in(shop, FIONA)


def rows(browser: FlaskClient, query: str = "", path: str = "export/csv") -> list[dict[str, str]]:
    with browser.get(f"{PAGE}/{path}?{DAYS}&{query}") as answer:
        assert answer.status_code == 200
        return list(csv.DictReader(StringIO(answer.get_data(as_text=True))))


def total_of(page: str, label: str) -> list[Decimal]:
    """The figures of a total line, kinds of credits left out."""
    found = re.search(rf'<tr><th scope="row">{label}</th>(.*?)</tr>', page, re.DOTALL)
    assert found, "the table has no total"
    return [Decimal(value) for value in re.findall(r'data-value="([^"]*)"', found.group(1))]


@pytest.mark.parametrize("value", ["list", "realised"])
def test_fiona_sees_the_totals_of_margins(fiona: FlaskClient, value: str) -> None:
    ours = total_of(fiona.get(f"{PAGE}?{DAYS}&value={value}").text, "All 4")
    theirs = total_of(fiona.get(f"/finance/margins?{DAYS}&value={value}&group=customer").text, "All")
    assert ours[:2] == theirs[:2]
    assert ours[-4:] == theirs[2:6]


def test_the_margin_is_that_of_the_overview(fiona: FlaskClient) -> None:
    tile = r'<h2>Gross margin</h2>\s*<div class="row"><strong class="fig"><a [^>]*data-value="([^"]*)"'
    ours, theirs = (re.search(tile, fiona.get(f"{path}?{DAYS}").text) for path in (PAGE, "/"))
    assert ours
    assert theirs
    assert ours.group(1) == theirs.group(1)


def test_the_files_add_up_to_the_screen_however_they_are_split(fiona: FlaskClient) -> None:
    screen = total_of(fiona.get(f"{PAGE}?{DAYS}").text, "All 4")
    for path in ("export/csv", "tiers/csv"):
        found = rows(fiona, path=path)
        for title, shown in (("Requests", screen[0]), ("Gross margin, USD", screen[-2])):
            assert sum(Decimal(row[title]) for row in found[:-1]) == Decimal(found[-1][title]) == shown
    with fiona.get(f"{PAGE}/export/xlsx?{DAYS}") as answer:
        last: list[Any] = [cell.value for cell in list(load_workbook(BytesIO(answer.data)).active.rows)[-1]]
    assert last[3] == screen[0]


def test_bea_who_moved_to_another_plan_stands_on_both_tiers(fiona: FlaskClient) -> None:
    before, after = [row for row in rows(fiona, path="tiers/csv") if row["Customer"] == "Bea"]
    assert [before["Tier"], after["Tier"]] == ["pro", "pro_max"]
    # One dollar at 1.4 on the new plan; all others at 1.5 on the old one.
    assert [after["Requests"], Decimal(after["Vendor cost, USD"])] == ["1", Decimal(1)]
    assert Decimal(after["Credits deducted"]) + Decimal(after["Credits uncovered"]) == 1400
    whole = next(row for row in rows(fiona) if row["Customer"] == "Bea")
    assert int(before["Requests"]) + 1 == int(whole["Requests"])
    assert Decimal(before["Vendor cost, USD"]) + 1 == Decimal(whole["Vendor cost, USD"])
    page = fiona.get(f"{PAGE}?{DAYS}").text
    assert re.search(r'class="l2"><th scope="row">Pro Max</th>', page)


def test_ada_on_the_free_tier_is_what_it_costs(fiona: FlaskClient) -> None:
    ada = next(row for row in rows(fiona, "which=free") if row["Customer"] == "Ada")
    assert Decimal(ada["Realised revenue, USD"]) == 0
    page = fiona.get(f"{PAGE}?{DAYS}").text
    tile = re.search(r"<h2>Free-tier subsidy</h2>.*?data-value=\"([^\"]*)\"", page, re.DOTALL)
    assert tile
    assert Decimal(tile.group(1)) == Decimal(ada["Vendor cost, USD"])
    assert "Paid nothing" in page
    unpaid = rows(fiona, "which=unpaid")
    assert [row["Customer"] for row in unpaid] == ["Ada", "All"]


def test_kinds_of_credits_are_those_of_the_ledger_folded_or_not(shop: Flask, fiona: FlaskClient) -> None:
    with shop.app_context(), db.snapshot() as connection:
        used = connection.execute(
            text("select -sum(amount) from credit_deduction_ledger where reason = 'usage'")
        ).scalar_one()
    # Usage of a shop is posted when it opens, so it is looked for in all days.
    address = f"{PAGE}/export/csv?from=2026-09-01&to=2035-12-31"
    waiting = fiona.get(address).text
    with shop.app_context():
        fold_usage()
    assert fiona.get(address).text == waiting
    found = list(csv.DictReader(StringIO(waiting)))
    assert [row["Paid for allowance credits, USD"] for row in found if row["Customer"] == "Ada"] == ["0"]
    last = found[-1]
    kinds = [Decimal(last[f"{kind} credits used"] or 0) for kind in ("Paid", "Promotional", "Allowance")]
    assert sum(kinds) == used == Decimal(last["Credits deducted"])


def test_a_filter_leaves_out_what_is_not_kept_by_it(fiona: FlaskClient) -> None:
    page = fiona.get(f"{PAGE}?{DAYS}&model=gpt-4o").text
    assert "Credits by kind of grant are left out" in page
    assert "Model: gpt-4o" in page


def test_the_ranking_is_sorted_and_leafed_through_each_customer_once(fiona: FlaskClient) -> None:
    names = [row["Customer"] for row in rows(fiona, "sort=name")][:-1]
    assert names == ["Ada", "Bea", "Cleo", "Dora"]
    margins = [Decimal(row["Gross margin, USD"]) for row in rows(fiona)][:-1]
    assert margins == sorted(margins, reverse=True)
    rest = fiona.get(f"{PAGE}?{DAYS}&sort=name&cursor={BEA}").text
    assert ">Cleo<" in rest
    assert ">Ada<" not in rest
    assert "3 – 4 of 4" in rest
    assert ">← Before<" in rest


def figures(revenue: int, realised: int, cost: int, requests: int = 30) -> Figures:
    return Figures(
        requests=requests,
        list_revenue_usd=Decimal(revenue),
        realised_revenue_usd=Decimal(realised),
        vendor_cost_usd=Decimal(cost),
    )


def test_gains_and_losses_worked_out_by_hand() -> None:
    good = Account("1", "Good", figures(100, 80, 40), Figures(), (("pro", figures(100, 80, 40)),))
    dear = Account("2", "Dear", figures(10, 10, 25, 29), Figures(), (("pro", figures(10, 10, 25, 29)),))
    free = Account(
        "3", "Free", figures(30, 0, 20), Figures(), (("free", figures(20, 0, 15)), ("pro", figures(10, 0, 5)))
    )
    everybody = (good, dear, free)
    assert running(everybody, Value()) == [60, 70, 55]
    assert running(everybody, Value(realised=True)) == [40, 25, 5]
    assert [Value().loses(one) for one in everybody] == [False, True, False]
    assert [Value(realised=True).loses(one) for one in everybody] == [False, True, True]
    assert [one.pays_nothing for one in everybody] == [False, False, True]
    assert [one.is_small for one in everybody] == [False, True, False]
    assert subsidy(everybody, ["free"]).amount_usd == 15
    assert subsidy(everybody, ["free"]).customers == 1
    assert top_share_percent(everybody, Value()) == 100
    assert top_share_percent((), Value()) is None


def test_without_usage_there_is_nobody_to_rank(fresh_app: Flask) -> None:
    assert "No usage yet." in signed_in(fresh_app, FIONA).get(PAGE).text


def test_support_may_not_rank_customers(shop: Flask) -> None:
    sam = signed_in(shop, SAM)
    assert [sam.get(f"{PAGE}{path}").status_code for path in ("", "/export/csv", "/tiers/xlsx")] == [403] * 3


@pytest.mark.parametrize("wrong", ["which=x", "value=x", "reversals=x", "cursor=x", "tier=x", "customer=x"])
def test_a_wrong_address_is_named_and_left_aside(fiona: FlaskClient, wrong: str) -> None:
    answer = fiona.get(f"{PAGE}?{DAYS}&{wrong}")
    assert answer.status_code == 200
    assert "Not taken." in answer.text
