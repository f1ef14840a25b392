"""Ledger rows: every request once, in pages; totals and files that say the same."""

import csv
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import text

from dashboard import db
from dashboard.embedded import Urls
from dashboard.pages.finance.ledger_rows.foot import foot
from dashboard.reports.filters import Filters
from dashboard.reports.ledger_rows import Corrections, Narrowing, Totals
from tests.cast import FIONA, SAM, signed_in
from tests.conftest import owned
from tests.shop import FIRST, TODAY, Facts, open_shop

ROWS = "/finance/ledger-rows"
DAYS = f"from={FIRST}&to={TODAY}"
HTMX = {"HX-Request": "true"}
NOTHING = Decimal(0)


@pytest.fixture(scope="module")
def facts(app: Flask) -> Facts:
    """A shop whose newest half still waits to be folded."""
    return open_shop(app, folded=False)


@pytest.fixture
def fiona(app: Flask, facts: Facts) -> FlaskClient:
    return signed_in(app, FIONA)


def page(browser: FlaskClient, query: str, path: str = ROWS) -> str:
    answer = browser.get(f"{path}?{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def requests_on(html: str) -> list[str]:
    return re.findall(r'title="([0-9a-f-]{36})"', html)


def link(html: str, words: str) -> str | None:
    found = re.search(rf'href="([^"]+)" ?>[^<]*{words}', html)
    return found.group(1).replace("&amp;", "&") if found else None


def csv_rows(browser: FlaskClient, query: str = DAYS) -> list[dict[str, str]]:
    with browser.get(f"{ROWS}/export/csv?{query}") as answer:
        return list(csv.DictReader(StringIO(answer.get_data(as_text=True))))


def ledger(app: Flask, sql: str, **given: object) -> Any:
    with app.app_context(), db.snapshot() as connection:
        return connection.execute(text(sql), given).scalar_one()


def added(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in rows), NOTHING)


def test_leafing_to_the_oldest_row_passes_every_request_once(fiona: FlaskClient, facts: Facts) -> None:
    seen: list[str] = []
    address: str | None = f"{ROWS}?{DAYS}"
    while address:
        html = fiona.get(address).get_data(as_text=True)
        seen += requests_on(html)
        address = link(html, "Older")
    assert len(seen) == facts.requests
    assert len(set(seen)) == facts.requests


def test_newer_leads_back_to_the_rows_one_came_from(fiona: FlaskClient) -> None:
    first = page(fiona, DAYS)
    second = fiona.get(link(first, "Older") or "").get_data(as_text=True)
    third = fiona.get(link(second, "Older") or "").get_data(as_text=True)
    assert requests_on(fiona.get(link(third, "Newer") or "").get_data(as_text=True)) == requests_on(second)
    back = fiona.get(link(second, "Newer") or "").get_data(as_text=True)
    assert requests_on(back) == requests_on(first)
    assert link(back, "Newer") is None


@pytest.mark.parametrize(
    "narrowed",
    ["", "&tier=pro", "&model=gpt-4o&status=success", "&key_mode=own", "&provider=anthropic&provider=google"],
)
def test_screen_csv_and_ledger_add_up_to_one_number(app: Flask, fiona: FlaskClient, narrowed: str) -> None:
    *rows, total = csv_rows(fiona, DAYS + narrowed)
    assert total["Counted, UTC"] == f"All {len(rows):,} row{'s' if len(rows) != 1 else ''}"
    for column in ("Vendor cost, USD", "Credits due", "Credits deducted", "Credits uncovered", "List revenue, USD"):
        assert added(rows, column) == Decimal(total[column])
    assert added(rows, "Gross margin, USD") == Decimal(total["Gross margin, USD"])
    html = page(fiona, DAYS + narrowed)
    assert total["Counted, UTC"] in html
    assert f'data-value="{total["Vendor cost, USD"]}"' in html


def test_the_file_holds_what_the_ledger_holds(app: Flask, fiona: FlaskClient) -> None:
    *rows, total = csv_rows(fiona)
    assert added(rows, "Vendor cost, USD") == ledger(app, "select sum(vendor_cost) from token_usage_ledger")
    assert Decimal(total["Credits deducted"]) == ledger(app, "select sum(credits_deducted) from token_usage_ledger")


def test_the_sheet_ends_with_the_same_total(fiona: FlaskClient) -> None:
    total = csv_rows(fiona)[-1]
    with fiona.get(f"{ROWS}/export/xlsx?{DAYS}") as answer:
        sheet = load_workbook(BytesIO(answer.get_data())).active
    assert sheet is not None
    heading, *_, last = list(sheet.iter_rows(values_only=True))
    found = dict(zip(heading, last, strict=True))
    assert found["Counted, UTC"] == total["Counted, UTC"]
    assert found["Credits deducted"] == int(total["Credits deducted"])


def test_an_unpriced_row_shows_no_amount(fiona: FlaskClient, facts: Facts) -> None:
    html = page(fiona, f"{DAYS}&cost_status=unpriced")
    assert f"All {facts.unpriced} unpriced rows" in html
    row = html[html.index("<tbody>") : html.index("hidden></tr>")]
    assert "Unpriced" in row
    assert "$" not in row
    assert all(not row["Vendor cost, USD"] for row in csv_rows(fiona, f"{DAYS}&cost_status=unpriced"))


def test_totals_that_cover_more_than_is_listed_say_so(app: Flask, fiona: FlaskClient) -> None:
    html = page(fiona, f"{DAYS}&uncovered=yes")
    uncovered = ledger(app, "select count(*) from token_usage_ledger where credits_uncovered > 0")
    assert "with and without uncovered credits" in html
    assert len(csv_rows(fiona, f"{DAYS}&uncovered=yes")) == uncovered


def test_one_customer_is_a_link_away(fiona: FlaskClient) -> None:
    html = page(fiona, DAYS)
    href = re.search(r'href="([^"]*customer=[^"]+)">Ada<', html)
    assert href
    narrowed = fiona.get(href.group(1).replace("&amp;", "&")).get_data(as_text=True)
    assert "Customer: Ada" in narrowed
    assert ">Bea<" not in narrowed


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("provider=acme", "There is no provider “acme”"),
        ("customer=you", "“you” is not a customer’s id"),
        ("status=fine&tier=gold", "There is no tier “gold”"),
        ("cost_status=cheap", "unknown cost status"),
        ("cursor=Zm9v", "The place in the list could not be read"),
        ("cursor=%C3%A9", "The place in the list could not be read"),
    ],
)
def test_what_the_address_says_wrongly_is_named_and_left_aside(fiona: FlaskClient, query: str, said: str) -> None:
    html = page(fiona, f"{DAYS}&{query}")
    assert said in html
    assert len(requests_on(html)) == 50


def test_a_strangers_query_breaks_no_address(fiona: FlaskClient) -> None:
    html = page(fiona, f"{DAYS}&_scheme=gopher&_external=1&endpoint=x&file_type=pdf&customer_id=1")
    assert len(requests_on(html)) == 50


def test_a_row_opens_in_place_and_on_a_page_of_its_own(fiona: FlaskClient) -> None:
    href = re.search(r'hx-get="([^"]+)"[^>]*title=', page(fiona, f"{DAYS}&status=success&key_mode=system"))
    assert href
    region = fiona.get(href.group(1), headers=HTMX).get_data(as_text=True)
    assert region.startswith("<tr id=")
    whole = page(fiona, "", href.group(1))
    assert "<!doctype html>" in whole
    for words in ("Input, uncached", "Multiplier", "rounding gains", "Grant drawn"):
        assert words in whole


def test_a_row_that_is_not_there_is_not_found(fiona: FlaskClient) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    assert fiona.get(f"{ROWS}/{nobody}/{nobody}").status_code == 404


def test_days_without_rows_say_so(fiona: FlaskClient) -> None:
    html = page(fiona, "from=2020-01-01&to=2020-01-02")
    assert "No rows in these days." in html
    assert "$0.00" not in html


def test_support_reads_rows_and_the_query_behind_them(app: Flask, facts: Facts) -> None:
    sam = signed_in(app, SAM)
    html = page(sam, DAYS)
    query = re.search(r'href="(/queries/[^"]+)"', html)
    assert query
    assert sam.get(query.group(1)).status_code == 200


def test_an_empty_ledger_says_what_to_do_first(fresh_app: Flask) -> None:
    assert "No usage yet." in page(signed_in(fresh_app, FIONA), DAYS)


def test_a_row_of_a_closed_month_is_listed_where_its_total_counts_it(fresh_app: Flask, fresh_database: Urls) -> None:
    open_shop(fresh_app, requests=20)
    later = TODAY + timedelta(days=3)
    with owned(fresh_database) as owner:
        owner.execute(
            text("update token_usage_ledger set accounted_at = :later where key_mode = 'own'"), {"later": later}
        )
        owner.execute(
            text(
                "update token_usage_ledger set accounted_at = :later where request_id = (select request_id from token_usage_ledger where vendor_cost > 0 order by vendor_cost desc limit 1)"
            ),
            {"later": later},
        )
        owner.execute(text("select rebuild_usage()"))
    fiona = signed_in(fresh_app, FIONA)
    for query in (DAYS, f"from={later}&to={later}"):
        *rows, total = csv_rows(fiona, query)
        assert rows
        assert added(rows, "Vendor cost, USD") == Decimal(total["Vendor cost, USD"])


def whole(**changes: object) -> Totals:
    amounts = [Decimal(n) for n in (10, 20, 30, 25, 5, 25, 20, 1, 0, 0, 0)]
    return replace(Totals(8, 6, 1, Decimal(100), Decimal(50), *amounts), **changes)  # type: ignore[arg-type]  # amounts all


NO_CORRECTIONS = Corrections(0, 0, *[NOTHING] * 8)


def test_corrections_and_reversals_stand_in_lines_of_their_own_that_add_up() -> None:
    corrections = Corrections(1, 1, *[Decimal(n) for n in (2, 3, 3, 0, 3, 0, 0, 0)])
    totals = whole(credits_reversed=Decimal(4), list_reversed_usd=Decimal(4))
    rows, correction, corrected, reversed_, net = foot(Narrowing(Filters()), totals, corrections).lines
    for name in ("vendor_cost_usd", "credits_due", "credits_deducted", "credits_uncovered", "margin_usd"):
        assert getattr(rows, name) + getattr(correction, name) == getattr(corrected, name)
    for name in ("credits_deducted", "margin_usd"):
        assert getattr(corrected, name) + getattr(reversed_, name) == getattr(net, name)


def test_without_corrections_and_reversals_one_line_closes_the_table() -> None:
    found = foot(Narrowing(Filters()), whole(), NO_CORRECTIONS)
    assert [line.label for line in found.lines] == ["All 8 rows"]
    assert found.rows == 8


@pytest.mark.parametrize(("cost", "label"), [("priced", "All 6 priced rows"), ("none", "All 1 row")])
def test_a_foot_counts_only_rows_of_the_cost_asked_for(cost: str, label: str) -> None:
    assert foot(Narrowing(Filters(), cost), whole(), NO_CORRECTIONS).lines[0].label == label
