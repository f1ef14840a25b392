"""The simulator: scenarios on the same real traffic, all of them in the address."""

import csv
import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.engine.impact import Assumptions, RuleChange, Scenario
from dashboard.engine.periods import Period
from dashboard.reports.filters import Filters
from dashboard.reports.pricing.scenarios import Result, compare
from tests.cast import ADAM, FIONA, SAM, csrf_of, signed_in
from tests.shop import FIRST, NOW, TODAY, open_shop

SIMULATOR = "/pricing/simulator"
DAYS = f"from={FIRST}&to={TODAY}"
DEARER = "s=Dearer+pro;pro/*/*:1.65"
NOTHING = Decimal(0)
ALL = Period(FIRST, TODAY + timedelta(days=1))
UNCHANGED = Scenario()
HALF_MORE = Scenario(tuple(RuleChange("tier", m, tier=t) for t, m in (("free", Decimal(3)), ("pro", Decimal("2.25")))))
TENTHS = Scenario((), Decimal("0.1"))


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    open_shop(app, requests=300)
    return app


@pytest.fixture
def fiona(shop: Flask) -> FlaskClient:
    return signed_in(shop, FIONA)


@pytest.fixture
def adam(shop: Flask) -> FlaskClient:
    return signed_in(shop, ADAM)


def page(browser: FlaskClient, query: str = "", status: int = 200) -> str:
    answer = browser.get(f"{SIMULATOR}?{query}")
    assert answer.status_code == status, answer.get_data(as_text=True)[:400]
    return unescape(answer.get_data(as_text=True))


def results(
    shop: Flask, *scenarios: Scenario, filters: Filters | None = None, assumptions: Assumptions | None = None
) -> list[Result]:
    with shop.app_context(), db.snapshot() as connection:
        _, *found = compare(connection, ALL, filters or Filters(), scenarios, assumptions or Assumptions(), at=NOW)
        return found


def ledger(shop: Flask, where: str = "true") -> tuple[Decimal, Decimal]:
    """Credits due and vendor cost of the real requests of these days."""
    sql = f"""
        select coalesce(sum(credits_due), 0), coalesce(sum(vendor_cost), 0) from token_usage_ledger
        where request_started_at >= '{ALL.start} 00:00+00' and request_started_at < '{ALL.end} 00:00+00' and {where}
    """
    with shop.app_context(), db.snapshot() as connection:
        due, cost = connection.execute(text(sql)).one()
    return due, cost


def test_what_changes_nothing_is_what_the_ledger_holds_and_the_rest_stands_on_the_same_traffic(shop: Flask) -> None:
    as_it_is, unchanged, more, tenths = results(shop, UNCHANGED, HALF_MORE, TENTHS)
    due, cost = ledger(shop)
    assert (as_it_is.figures.credits_due, as_it_is.figures.vendor_cost_usd) == (due, cost)
    assert unchanged.figures == as_it_is.figures
    assert all(one.credits == one.before_credits for one in unchanged.customers.values())
    for one in (more, tenths):
        assert one.figures.vendor_cost_usd == cost
        assert one.figures.requests == as_it_is.figures.requests
        assert one.figures.credits_deducted + one.figures.credits_uncovered == one.figures.credits_due
        assert one.figures.list_revenue_usd == one.figures.credits_deducted * Decimal("0.001")
    assert tenths.figures.credits_due < due < more.figures.credits_due
    untouched, _ = ledger(shop, "user_tier_at_request not in ('free', 'pro')")
    dearer = sum((one.credits - one.before_credits for one in more.customers.values()), NOTHING)
    assert more.figures.credits_due - due == dearer
    assert untouched < due


def test_a_scenario_alone_comes_to_the_same_as_beside_others_and_narrowed_traffic_to_its_part(shop: Flask) -> None:
    together = results(shop, TENTHS, HALF_MORE)[2]
    assert results(shop, HALF_MORE)[1] == together
    as_it_is, narrowed = results(shop, HALF_MORE, filters=Filters(tiers=("pro",)))
    assert as_it_is.figures.credits_due == ledger(shop, "user_tier_at_request = 'pro'")[0]
    assert narrowed.figures.credits_due > as_it_is.figures.credits_due
    # One customer has this tier and no other: what the others run out of is not theirs.
    (bea,) = (one for one in narrowed.customers.values() if one.before_credits == as_it_is.figures.credits_due)
    assert narrowed.figures.credits_due == bea.credits
    assert narrowed.figures.credits_deducted + narrowed.figures.credits_uncovered == bea.credits
    assert as_it_is.figures.credits_uncovered == narrowed.figures.credits_uncovered == 0


def test_assumptions_are_laid_over_every_scenario_but_what_holds(shop: Flask) -> None:
    plain = results(shop, HALF_MORE)
    supposed = results(shop, HALF_MORE, assumptions=Assumptions(Decimal(10), Decimal(50)))
    assert supposed[0] == plain[0]
    assert supposed[1].figures.credits_due == plain[1].figures.credits_due * Decimal("0.55")
    assert supposed[1].customers == plain[1].customers


def test_a_change_is_added_by_a_form_and_stands_in_the_address_alone(fiona: FlaskClient) -> None:
    assert "No scenario yet." in page(fiona, DAYS)
    added = fiona.get(f"{SIMULATOR}?{DAYS}&into=new&new_name=Dearer+pro&new_tier=pro&new_multiplier=1.65")
    assert added.status_code == 303
    query = urlsplit(added.location).query
    assert parse_qs(query)["s"] == ["Dearer pro;pro/*/*:1.65"]
    shown = page(fiona, query)
    assert "Side by side" in shown
    assert "Dearer pro" in shown
    assert "Real traffic as it was" in shown
    again = fiona.get(f"{SIMULATOR}?{query}&into=1&new_model=gpt-4o&new_multiplier=2&new_step=0.5")
    assert parse_qs(urlsplit(again.location).query)["s"] == ["Dearer pro;pro/*/*:1.65;*/openai/gpt-4o:2;step:0.5"]
    without = re.findall(r'href="([^"]+)">Pro: 1.65', page(fiona, urlsplit(again.location).query))[0]
    assert parse_qs(urlsplit(without).query)["s"] == ["Dearer pro;*/openai/gpt-4o:2;step:0.5"]


def test_what_cannot_be_added_is_said_at_its_field_and_the_figures_stay(fiona: FlaskClient) -> None:
    for wrong, said in (
        ("new_tier=pro&new_multiplier=0", "must be above zero"),
        ("new_tier=pro&new_multiplier=", "must be a decimal number"),
        ("new_multiplier=1.5", "choose at least one"),
        ("new_step=-1", "not be negative"),
    ):
        shown = page(fiona, f"{DAYS}&{DEARER}&into=1&{wrong}")
        assert said in shown
        assert "Side by side" in shown
    five = "&".join([DEARER] * 5)
    assert "5 scenarios stand side by side at most" in page(
        fiona, f"{DAYS}&{five}&into=new&new_tier=pro&new_multiplier=2"
    )
    assert "is not a rule" in page(fiona, f"{DAYS}&s=A;rubbish")
    nobody = page(fiona, f"{DAYS}&s=A;*/nobody/*:1.4;pro/*/*:1.65")
    assert nobody.count("Decides 0 requests") == 1, "a provider nobody knows decides nothing"
    assert re.search(r"decides \d+ requests", nobody)
    assert "This must be from 0 to 100." in page(fiona, f"{DAYS}&{DEARER}&leaving=200")
    assert "With assumptions" in page(fiona, f"{DAYS}&{DEARER}&volume=-10")
    part = page(fiona, f"{DAYS}&{DEARER}&tier=pro")
    assert "belong to whole customers" in part
    assert "is shown without that filter" in page(fiona, f"{DAYS}&{DEARER}&tier=gold")
    assert "No requests in these days." in page(fiona, f"from=2026-01-01&to=2026-01-02&{DEARER}")


def test_an_admin_keeps_scenarios_finds_them_again_and_removes_them(adam: FlaskClient, fiona: FlaskClient) -> None:
    query = f"{DAYS}&{DEARER}"
    given = {"name": "Dearer", "csrf_token": csrf_of(adam)}
    assert "Give a name" in unescape(
        adam.post(f"{SIMULATOR}/scenarios?{query}", data={**given, "name": " "}).get_data(as_text=True)
    )
    kept = adam.post(f"{SIMULATOR}/scenarios?{query}", data=given)
    opened = fiona.get(kept.location)
    assert parse_qs(urlsplit(opened.location).query)["s"] == ["Dearer pro;pro/*/*:1.65"]
    assert "Shown" in page(fiona, urlsplit(opened.location).query)
    assert fiona.post(f"{SIMULATOR}/scenarios?{query}", data=given).status_code == 403
    removal = f"{kept.location}/removal"
    assert adam.post(removal, data={"csrf_token": csrf_of(adam)}).status_code == 303
    assert adam.post(removal, data={"csrf_token": csrf_of(adam)}).status_code == 404
    assert fiona.get(kept.location).status_code == 404
    assert "Nothing kept yet." in page(fiona)


def test_a_scenario_becomes_one_draft_per_rule_or_none(shop: Flask) -> None:
    adam = signed_in(shop, ADAM)
    path = f"{SIMULATOR}/drafts"
    line = "Both;pro/*/*:1.65;*/openai/*:1.8;step:0.1"
    before = unescape(adam.get(path, query_string={"s": line}).get_data(as_text=True))
    assert "Make 2 drafts" in before
    assert "are no price" in before
    assert 'name="acknowledges"' not in before
    cheap = unescape(adam.get(path, query_string={"s": "Cheap;pro/*/*:0.9;pro_max/*/*:1.6"}).get_data(as_text=True))
    assert cheap.count('name="acknowledges"') == 1, "only what must be owned up to is asked"
    assert "This sells below what it costs us: say that it is meant." in cheap
    given = {
        "s": line,
        "reason": "margin_protection",
        "reason_details": "From the simulator",
        "csrf_token": csrf_of(adam),
    }
    wrong = adam.post(path, data={**given, "s": "Both;pro/*/*:1.65;*/*/no-such-model:1.8"})
    assert wrong.status_code == 422
    assert drafts(shop) == []
    assert adam.post(path, data=given).status_code == 303
    assert drafts(shop) == [(Decimal("1.65"), "draft"), (Decimal("1.80"), "draft")]
    assert adam.post(path, data={**given, "s": "Only;step:0.1"}).status_code == 422
    assert adam.get(path).status_code == 404


def drafts(shop: Flask) -> list[tuple[Decimal, str]]:
    sql = "select margin_multiplier, approval_status from pricing_configs where approved_via is null order by 1"
    with shop.app_context(), db.snapshot() as connection:
        return [(multiplier, state) for multiplier, state in connection.execute(text(sql))]


def test_files_hold_what_the_page_shows(shop: Flask, fiona: FlaskClient) -> None:
    with fiona.get(f"{SIMULATOR}/export/csv?{DAYS}&{DEARER}") as answer:
        rows = {row["Figure"]: row for row in csv.DictReader(StringIO(answer.get_data(as_text=True)))}
    assert Decimal(rows["Vendor cost"]["As charged"]) == Decimal(rows["Vendor cost"]["Dearer pro"])
    assert Decimal(rows["Credits due"]["Dearer pro"]) > Decimal(rows["Credits due"]["As charged"])
    with fiona.get(f"{SIMULATOR}/customers/xlsx?{DAYS}&{DEARER}") as answer:
        assert answer.status_code == 200
    assert signed_in(shop, SAM).get(SIMULATOR).status_code == 403


def test_nothing_is_claimed_of_a_customer_a_full_list_left_out(
    fiona: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = f"{DAYS}&{DEARER}&s=Dearer+free;free/*/*:3"
    assert "this one is not among them" not in page(fiona, two)
    monkeypatch.setattr(Result, "lists_everyone", False)
    assert "this one is not among them" in page(fiona, two)
