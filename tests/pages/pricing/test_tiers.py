"""Tiers and the credit policy on the page: where a plan breaks even, and who must agree to another one."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import text

from dashboard import db
from dashboard.embedded import Urls
from dashboard.engine.plans import break_even_percent, cost_per_credit_usd, full_use_multiplier
from dashboard.reports.pricing.tiers import tiers_now, utilisation
from tests.cast import ADAM, ANNA, FIONA, SAM, at, csrf_of, signed_in
from tests.conftest import owned
from tests.shop import NOW, open_shop

TIERS = "/pricing/tiers"
START = date(datetime.now(UTC).year + 1, 1, 31)
VERSION = {
    "monthly_price_usd": "21.50",
    "annual_price_usd": "215",
    "monthly_credit_allocation": "20,000",
    "max_credit_rollover": "10000",
    "floor_multiplier": "1.1",
    "trial_days": "7",
    "effective_from": str(START),
    "why": "Costs went up",
}


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    open_shop(app, requests=300, folded=False)
    return app


@pytest.fixture
def fiona(shop: Flask) -> Iterator[FlaskClient]:
    with at(shop, NOW):
        yield signed_in(shop, FIONA)


@pytest.fixture
def adam(shop: Flask) -> FlaskClient:
    return signed_in(shop, ADAM)


@pytest.fixture
def anna(shop: Flask) -> FlaskClient:
    return signed_in(shop, ANNA)


def page(browser: FlaskClient, path: str, status: int = 200) -> str:
    answer = browser.get(path, follow_redirects=True)
    assert answer.status_code == status, answer.get_data(as_text=True)[:400]
    return answer.get_data(as_text=True)


def sends(browser: FlaskClient, path: str, given: dict[str, str], status: int = 303) -> str:
    answer = browser.post(path, data={**given, "csrf_token": csrf_of(browser)})
    assert answer.status_code == status, answer.get_data(as_text=True)[:400]
    return answer.headers.get("Location", answer.get_data(as_text=True))


def seen(shown: str) -> dict[str, str]:
    return {"seen": re.findall(r'name="seen" value="([0-9a-f]{64})"', shown)[0]}


def test_the_formulas_of_break_even_and_floor() -> None:
    per_credit = cost_per_credit_usd(Decimal("66.5"), Decimal(100_000))
    assert per_credit == Decimal("0.000665")
    # Full use of 20,000 credits costs $13.30; $19 pays for 142.857… % of it.
    assert f"{break_even_percent(Decimal(19), Decimal(20_000), per_credit):.3f}" == "142.857"
    assert break_even_percent(Decimal(0), Decimal(2_000), per_credit) == 0
    assert break_even_percent(Decimal(19), Decimal(20_000), None) is None
    assert break_even_percent(Decimal(19), Decimal(0), per_credit) is None
    assert cost_per_credit_usd(Decimal(0), Decimal(0)) is None
    assert f"{full_use_multiplier(Decimal(499), Decimal(700_000), Decimal('0.001')):.4f}" == "1.4028"
    assert full_use_multiplier(Decimal(0), Decimal(2_000), Decimal("0.001")) is None


def test_break_even_comes_from_what_the_last_30_days_cost(shop: Flask, fiona: FlaskClient) -> None:
    with shop.app_context(), db.snapshot() as connection:
        rows = {row.tier: row for row in tiers_now(connection, NOW)}
        cost, due = connection.execute(
            text("""
                select sum(vendor_cost), sum(credits_due) from token_usage_ledger
                where user_tier_at_request = 'pro'
                    and request_started_at >= '2026-10-01 00:00+00' and request_started_at < '2026-10-31 00:00+00'
            """)
        ).one()
        bands = utilisation(connection, NOW, "pro")
    assert (rows["pro"].vendor_cost_usd, rows["pro"].credits_due) == (cost, due)
    expected = Decimal(1900) * due / (Decimal(20_000) * cost)
    assert f"{rows['pro'].break_even_percent:.6f}" == f"{expected:.6f}"
    assert sum(band.subscribers for band in bands) == rows["pro"].subscribers == 1
    assert sum(band.credits_used for band in bands) == rows["pro"].credits_deducted
    assert rows["enterprise_max"].break_even_percent is None
    assert f"{expected:.1f}%" in page(fiona, f"{TIERS}/pro")
    assert "No subscribers." in page(fiona, f"{TIERS}/enterprise_max")
    assert "there from the start" in page(fiona, TIERS)


def test_an_admin_sees_what_changes_proposes_it_and_only_another_one_can_approve(
    shop: Flask, adam: FlaskClient, anna: FlaskClient
) -> None:
    new = f"{TIERS}/pro/versions/new"
    assert "Nothing to show yet." in page(adam, new)
    query = "&".join(f"{name}={value}" for name, value in VERSION.items())
    assert f"Propose Pro at $21.50 from 31 Jan {START.year}" in page(adam, f"{new}?{query}")
    change = sends(adam, f"{TIERS}/pro/versions", VERSION)
    own = page(adam, change)
    assert "Approve Pro" not in own
    assert "Withdraw this change" in own
    shown = page(anna, change)
    assert "Approve Pro at $21.50" in shown
    assert "another person" in sends(adam, f"{change}/approval", seen(shown), 422)
    assert "not what you were shown" in sends(anna, f"{change}/approval", {"seen": "00" * 32}, 422)
    assert "waits for a second person" in page(anna, TIERS)
    sends(anna, f"{change}/approval", seen(shown))
    assert "by Anna" in page(anna, change)
    after = page(anna, f"{TIERS}/pro")
    assert "Another version is scheduled" in after
    assert "$21.50" in after
    assert "approved already" in sends(anna, f"{change}/approval", seen(shown), 422)


def test_a_scheduled_version_is_taken_back_with_a_reason(shop: Flask, adam: FlaskClient, anna: FlaskClient) -> None:
    fiona = signed_in(shop, FIONA)
    asked = {**VERSION, "monthly_price_usd": "41", "annual_price_usd": "410", "effective_from": str(START)}
    change = sends(adam, f"{TIERS}/pro_max/versions", asked)
    sends(anna, f"{change}/approval", seen(page(anna, change)))
    assert "Withdraw Pro Max at $41.00" in page(adam, change)
    assert "Withdraw Pro Max" not in page(fiona, change)
    assert "reason-error" in sends(adam, f"{change}/withdrawal", {"reason": " "}, 422)
    sends(adam, f"{change}/withdrawal", {"reason": "Costs fell again"})
    shown = page(fiona, change)
    assert "Withdrawn" in shown
    assert "Costs fell again" in shown
    assert "Another version is scheduled" not in page(fiona, f"{TIERS}/pro_max")
    assert "withdrawn already" in sends(adam, f"{change}/withdrawal", {"reason": "Again"}, 422)


def test_what_cannot_be_is_said_at_its_field_and_nothing_is_proposed(adam: FlaskClient) -> None:
    for wrong, said in (
        ({"effective_from": "2020-01-01"}, "still to come"),
        ({"effective_from": "yesterday"}, "such as 2027-01-31"),
        ({"monthly_price_usd": "nineteen"}, "Give a number"),
        # A decimal comma is no thousands' one: 19,50 must not become 1950.
        ({"monthly_price_usd": "19,50"}, "Give a number"),
        ({"floor_multiplier": "1,5"}, "Give a number"),
        ({"trial_days": "1.5"}, "whole number"),
        ({"floor_multiplier": "0"}, "above 0"),
        ({"why": ""}, "Say why"),
    ):
        shown = sends(adam, f"{TIERS}/free/versions", {**VERSION, **wrong}, 422)
        assert said in shown
        assert "Nothing was changed" in shown
    assert "Free: $" not in page(adam, TIERS)
    page(adam, f"{TIERS}/gold", 404)
    page(adam, f"{TIERS}/gold/versions/new", 404)
    page(adam, f"{TIERS}/changes/00000000-0000-0000-0000-000000000000", 404)


def test_the_increment_may_change_and_the_value_of_a_credit_may_not(adam: FlaskClient, anna: FlaskClient) -> None:
    new = f"{TIERS}/policy/new"
    assert "The value of a credit is fixed." in page(adam, new)
    asked = {"unit_usd": "0.01", "increment": "1", "effective_from": "", "why": "Larger credits"}
    assert "revalue every balance" in sends(adam, f"{TIERS}/policy", asked, 422)
    tenth = {**asked, "unit_usd": "0.001", "increment": "0.1", "effective_from": str(START)}
    preview = page(adam, f"{new}?" + "&".join(f"{name}={value}" for name, value in tenth.items()))
    assert "22.5 credits" in preview
    change = sends(adam, f"{TIERS}/policy", tenth)
    assert "Say why, for the one who asked." in sends(
        anna, f"{change}/rejection", {**seen(page(anna, change)), "reason": ""}, 422
    )
    sends(anna, f"{change}/rejection", {**seen(page(anna, change)), "reason": "Not now"})
    assert "Not now" in page(adam, change)


def test_a_tier_is_taken_out_of_sale_by_two_and_taken_back_by_one(adam: FlaskClient, anna: FlaskClient) -> None:
    state = {"was_sold": "yes", "was_active": "yes", "is_active": "yes", "why": "Nobody takes it"}
    path = f"{TIERS}/enterprise_max/state"
    mine = sends(adam, path, state)
    assert "Only whoever asked" in sends(anna, f"{mine}/withdrawal", {}, 422)
    sends(adam, f"{mine}/withdrawal", {})
    change = sends(adam, path, state)
    sends(anna, f"{change}/approval", seen(page(anna, change)))
    assert "Not sold" in page(anna, TIERS)
    assert "no longer what holds" in sends(adam, path, state, 422)
    assert "This is how it is already." in sends(adam, path, {**state, "was_sold": "no"}, 422)


def test_files_hold_what_the_page_shows(fiona: FlaskClient) -> None:
    with fiona.get(f"{TIERS}/export/csv") as answer:
        rows = {row["Tier"]: row for row in csv.DictReader(StringIO(answer.get_data(as_text=True)))}
    assert rows["Pro"]["Price per month, USD"] == "19"
    assert rows["Enterprise Max"]["Break-even utilisation, %"] == ""
    with fiona.get(f"{TIERS}/versions/xlsx") as answer:
        sheet = load_workbook(BytesIO(answer.get_data())).active
    assert sheet is not None
    assert sheet.max_row >= 7


def test_support_sees_no_tiers_and_finance_proposes_none(shop: Flask, fiona: FlaskClient) -> None:
    page(signed_in(shop, SAM), TIERS, 403)
    assert "Propose a new version" not in page(fiona, f"{TIERS}/pro")
    page(fiona, f"{TIERS}/pro/versions/new", 403)


def test_who_keeps_other_terms_counts_with_those(shop: Flask, fiona: FlaskClient, database: Urls) -> None:
    with owned(database) as books:
        books.execute(
            text(
                "update subscription_monetization set billing_cycle = 'annual', base_price_usd = 100,"
                " monthly_credit_allocation = 10000 where tier = 'pro'"
            )
        )
    with shop.app_context(), db.snapshot() as connection:
        row = next(row for row in tiers_now(connection, NOW) if row.tier == "pro")
    expected = Decimal(100) * 100 * row.credits_due / (Decimal(120_000) * row.vendor_cost_usd)
    assert f"{row.break_even_percent:.6f}" == f"{expected:.6f}"
    assert row.full_use_multiplier == Decimal("1.2")
    assert (row.on_other_terms, int(row.paid_a_year_usd)) == (1, 100)
    assert "1 on other terms" in page(fiona, TIERS)
    assert "1 of them on other terms than these" in page(fiona, f"{TIERS}/pro")
