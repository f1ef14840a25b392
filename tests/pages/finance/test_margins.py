"""Finance explores margins; every way of asking gives one total."""

import csv
import re
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import text

from dashboard.db import db
from dashboard.pages.finance.margins.asked import GROUPINGS
from tests.cast import FIONA, SAM, at, key, signed_in
from tests.shop import FIRST, NOW, TODAY, UNPRICED, Facts, open_shop

ALL_DAYS = f"from={FIRST}&to={TODAY}"
MONEY = re.compile(r'<tfoot>\s*<tr><th scope="row">All</th>(.*?)</tr>', re.DOTALL)
VALUES = re.compile(r'data-value="([^"]*)"')


@pytest.fixture(scope="module")
def facts(app: Flask) -> Facts:
    return open_shop(app, folded=False)


@pytest.fixture
def fiona(app: Flask, facts: Facts) -> FlaskClient:
    return signed_in(app, FIONA)


def ledger_sums(app: Flask) -> tuple[int, Decimal, Decimal, Decimal]:
    """Requests, credits deducted, list revenue and vendor cost, straight from the ledger."""
    sql = (
        "select count(*), sum(credits_deducted), sum(credits_deducted * unit_usd), sum(vendor_cost)"
        " from token_usage_ledger"
    )
    with app.app_context(), db.engine.connect() as connection:
        return tuple(connection.execute(text(sql)).one())


def total_of(page: str) -> list[Decimal]:
    """Requests, credits, revenue, cost and margin in the last row of the table."""
    found = MONEY.search(page)
    assert found, "the table has no total"
    return [Decimal(value) for value in VALUES.findall(found.group(1))][:5]


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_finance_sees_the_ledger_s_total_under_every_grouping(app: Flask, fiona: FlaskClient, grouping: str) -> None:
    requests, credits, revenue, cost = ledger_sums(app)
    page = fiona.get(f"/finance/margins?{ALL_DAYS}&group={grouping}&open=all").get_data(as_text=True)
    assert total_of(page) == [requests, credits, revenue, cost, revenue - cost]


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_csv_and_xlsx_add_up_to_the_screen(app: Flask, fiona: FlaskClient, grouping: str) -> None:
    requests, _, revenue, cost = ledger_sums(app)
    rows = list(csv.reader(StringIO(fiona.get(f"/finance/margins/export/csv?{ALL_DAYS}&group={grouping}").text)))
    column = {title: place for place, title in enumerate(rows[0])}
    wanted = {"Requests": requests, "List revenue, USD": revenue, "Vendor cost, USD": cost}
    for title, total in wanted.items():
        values = [Decimal(row[column[title]]) for row in rows[1:]]
        assert values[-1] == total
        assert sum(values[:-1]) == total
    with fiona.get(f"/finance/margins/export/xlsx?{ALL_DAYS}&group={grouping}") as answer:
        last = [cell.value for cell in list(load_workbook(BytesIO(answer.data)).active.rows)[-1]]
    for title, total in wanted.items():
        assert Decimal(str(last[column[title]])) == pytest.approx(total, abs=Decimal("1e-9"))


@pytest.mark.parametrize("group", ["day", "tier", "provider", "model", "customer"])
def test_the_api_gives_the_same_total_by_session_and_by_key(app: Flask, fiona: FlaskClient, group: str) -> None:
    requests, credits, revenue, cost = ledger_sums(app)
    address = f"/api/v1/analytics/margins?from={FIRST}&to=2026-11-01&group_by={group}"
    secret, _ = key(app, "analytics:read")
    answers = [fiona.get(address), app.test_client().get(address, headers={"Authorization": f"Bearer {secret}"})]
    for answer in answers:
        assert answer.status_code == 200
        body = answer.get_json()
        assert body["total"]["requests"] == requests == sum(row["requests"] for row in body["rows"])
        for name, total in (("credits_deducted", credits), ("list_revenue_usd", revenue), ("vendor_cost_usd", cost)):
            assert Decimal(body["total"][name]) == total.quantize(Decimal("1e-12"))
            assert sum(Decimal(row[name]) for row in body["rows"]) == pytest.approx(total, abs=Decimal("1e-9"))
        assert Decimal(body["total"]["credits_due"]) == credits + Decimal(body["total"]["credits_uncovered"])


def test_the_overview_shows_the_same_total(app: Flask, fiona: FlaskClient) -> None:
    requests, credits, revenue, cost = ledger_sums(app)
    page = fiona.get(f"/?{ALL_DAYS}").get_data(as_text=True)
    tiles = re.findall(r'<h2>([^<]+)</h2>\s*<div class="row"><strong class="fig"><a [^>]*data-value="([^"]*)"', page)
    shown = {title: Decimal(value) for title, value in tiles}
    assert shown["List revenue"] == revenue
    assert shown["Vendor cost"] == cost
    assert shown["Gross margin"] == revenue - cost
    assert shown["Credits deducted"] == credits
    assert shown["Requests"] == requests
    assert shown["Active customers"] == 4


def test_a_filter_narrows_every_figure_alike(fiona: FlaskClient) -> None:
    page = fiona.get(f"/finance/margins?{ALL_DAYS}&group=model&model=gpt-4o").get_data(as_text=True)
    body = fiona.get(f"/api/v1/analytics/margins?from={FIRST}&to=2026-11-01&group_by=model").get_json()
    row = next(row for row in body["rows"] if row["key"] == "gpt-4o")
    assert total_of(page)[0] == row["requests"]
    assert total_of(page)[2] == Decimal(row["list_revenue_usd"])
    assert "Model: gpt-4o" in page


def test_a_model_without_a_price_is_unknown_and_not_zero(fiona: FlaskClient, facts: Facts) -> None:
    page = fiona.get(f"/finance/margins?{ALL_DAYS}&group=model").get_data(as_text=True)
    row = next(row for row in table_of(page).split("<tr") if UNPRICED in row)
    assert "Unpriced" in row
    assert "$0.00" not in row
    body = fiona.get(f"/api/v1/analytics/margins?from={FIRST}&to=2026-11-01&group_by=model").get_json()
    assert body["total"]["unpriced_requests"] == facts.unpriced > 0
    assert next(row for row in body["rows"] if row["key"] == UNPRICED)["margin_percent"] is None


def test_opening_a_group_shows_its_inside_and_keeps_the_others_open(fiona: FlaskClient) -> None:
    closed = fiona.get(f"/finance/margins?{ALL_DAYS}&open=none").get_data(as_text=True)
    opened = fiona.get(f"/finance/margins?{ALL_DAYS}&open=openai&open=google").get_data(as_text=True)
    assert "gpt-4o" not in table_of(closed)
    assert "gpt-4o" in table_of(opened)
    assert "gemini-2.5-pro" in table_of(opened)


def table_of(page: str) -> str:
    return page.partition('id="groups"')[2]


def test_a_number_explains_itself(fiona: FlaskClient) -> None:
    page = fiona.get(f"/finance/margins?{ALL_DAYS}&explain=openai").get_data(as_text=True)
    assert "OpenAI" in page.partition("Explain ")[2][:40]
    assert "queries/finance/margins_by_group.sql" in page
    assert "priced requests of" in page


@pytest.mark.parametrize(
    "wrong",
    [
        "group=nonsense",
        "per=hour",
        "value=x",
        "from=x&to=y",
        "from=2026-10-02&to=2026-10-01",
        "customer=x",
        "tier=x",
        "sort=x",
        "open=~~",
        "explain=a~b~c",
        "period=9d",
        "from=0001-01-01&to=9999-12-31",
    ],
)
def test_a_wrong_address_keeps_the_page_and_says_so(fiona: FlaskClient, wrong: str) -> None:
    assert fiona.get(f"/finance/margins?{wrong}").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        "group_by=hour",
        "from=x&to=y",
        "from=2026-10-02",
        "from=2026-10-02&to=2026-10-02",
        "from=2026-10-02&to=2026-09-01",
        "tier=pro",
    ],
)
def test_the_api_refuses_what_it_cannot_answer_and_names_the_field(fiona: FlaskClient, wrong: str) -> None:
    answer = fiona.get(f"/api/v1/analytics/margins?{wrong}")
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["errors"][0]["field"] in {"from", "to", "group_by", "tier"}


def test_support_does_not_see_margins(app: Flask, facts: Facts) -> None:
    sam = signed_in(app, SAM)
    assert sam.get("/finance/margins").status_code == 403
    assert sam.get("/api/v1/analytics/margins").status_code == 403


def test_the_default_period_is_thirty_whole_days(app: Flask, fiona: FlaskClient) -> None:
    with at(app, NOW):
        assert "1 Oct – 30 Oct 2026" in fiona.get("/finance/margins").get_data(as_text=True)


def test_htmx_gets_the_region_alone(fiona: FlaskClient) -> None:
    answer = fiona.get("/finance/margins", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer.get_data(as_text=True).lstrip().startswith('<div id="finance-margins-page"')
