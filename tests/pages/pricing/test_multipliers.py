"""Finance and admins read what holds, why, and what falls through."""

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
from dashboard.embedded import Urls
from dashboard.ui.format import percent
from tests.cast import ADAM, FIONA, SAM, at, key, signed_in
from tests.conftest import owned
from tests.pages.pricing.rules import SONNET_FROM, hold, open_shop_with_rules
from tests.shop import NOW, OPENED, Facts

TOTAL = re.compile(r"<tfoot>\s*<tr><th scope=\"row\">All</th>(.*?)</tr>", re.DOTALL)
VALUES = re.compile(r'data-value="([^"]*)"')
SONNET = "tier=pro&provider=anthropic&model=claude-sonnet-4-5"


@pytest.fixture(scope="module")
def shop(app: Flask, database: Urls) -> Facts:
    with owned(database) as owner:
        return open_shop_with_rules(app, owner)


@pytest.fixture
def fiona(app: Flask, shop: Facts) -> FlaskClient:
    return signed_in(app, FIONA)


def page(app: Flask, client: FlaskClient, address: str) -> str:
    with at(app, NOW):
        answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def downloaded(app: Flask, client: FlaskClient, address: str) -> list[list[str]]:
    with at(app, NOW), client.get(address) as answer:
        assert answer.status_code == 200
        return list(csv.reader(StringIO(answer.get_data(as_text=True))))


def test_finance_sees_what_holds_now_and_what_comes_next(app: Flask, fiona: FlaskClient) -> None:
    shown = page(app, fiona, "/pricing/multipliers")
    assert "Anthropic claude-sonnet-4-5" in shown
    assert "1.60 from<br><small>1 Dec 2026<" in shown
    assert "Everything without a rule" in shown


@pytest.mark.parametrize("asked", ["", "?days=90", "?days=7&provider=google", "?scope=model", "?tier=pro&sort=-m30"])
def test_the_files_say_what_the_screen_says(app: Flask, fiona: FlaskClient, asked: str) -> None:
    found = TOTAL.search(page(app, fiona, f"/pricing/multipliers{asked}"))
    assert found
    *margins, requests = [Decimal(value) for value in VALUES.findall(found.group(1))]
    rows = downloaded(app, fiona, f"/pricing/multipliers/export/csv{asked}")
    named = dict(zip(rows[0], rows[-1], strict=True))
    days = re.search(r"days=(\d+)", asked)
    assert Decimal(named[f"Requests decided, {days.group(1) if days else 30} days"]) == requests
    assert [round(Decimal(named[f"Gross margin, %, {days} days"]), 6) for days in (7, 30, 90)] == [
        round(margin, 6) for margin in margins
    ]
    assert sum(int(row[rows[0].index("Requests decided, 90 days")]) for row in rows[1:-1]) == int(
        named["Requests decided, 90 days"]
    )
    with at(app, NOW), fiona.get(f"/pricing/multipliers/export/xlsx{asked}") as answer:
        sheet = load_workbook(BytesIO(answer.data)).active
    assert sheet is not None
    assert sheet.max_row == len(rows)


def test_a_filter_nobody_knows_is_named_and_left_aside(app: Flask, fiona: FlaskClient) -> None:
    assert "There is no provider “acme”" in page(app, fiona, "/pricing/multipliers?provider=acme")


def test_the_history_of_a_scope_shows_each_version_with_its_steps(app: Flask, fiona: FlaskClient) -> None:
    with app.app_context(), db.engine.connect() as connection:
        scope = connection.execute(
            text("select id from pricing_scope where model_id = 'claude-sonnet-4-5'")
        ).scalar_one()
    shown = page(app, fiona, f"/pricing/multipliers/{scope}")
    assert "Superseded" in shown
    assert "Active" in shown
    assert "5 Oct 2026, 13:17 UTC" in shown
    rows = downloaded(app, fiona, f"/pricing/multipliers/{scope}/export/csv")
    assert [row[0] for row in rows[1:]] == ["active", "superseded"]
    assert rows[1][2] == "11.538462"


def test_a_scope_that_is_not_there_is_not_found(fiona: FlaskClient) -> None:
    assert fiona.get("/pricing/multipliers/999999").status_code == 404
    assert fiona.get("/pricing/multipliers/99999999999999999999").status_code == 404


def test_the_explainer_says_who_wins_and_why_the_others_do_not(app: Flask, fiona: FlaskClient) -> None:
    shown = page(app, fiona, f"/pricing/multipliers/explain?{SONNET}&at=2026-10-30T08:00")
    assert "The rule for Anthropic claude-sonnet-4-5 wins: a rule for a model goes before one for a tier." in shown
    assert "The database agrees" in shown
    assert "Superseded" in shown
    assert "Not yet in force" in shown
    # 1,000 × 0.003 + 500 × 0.015 per thousand, × 1.45, in credits of $0.001.
    assert "$0.01050000" in shown
    assert "$0.01522500" in shown
    assert "16 credits" in shown


def test_the_explainer_goes_by_the_instant(app: Flask, fiona: FlaskClient) -> None:
    before = page(app, fiona, f"/pricing/multipliers/explain?{SONNET}&at=2026-10-05T13:17:22")
    after = page(app, fiona, f"/pricing/multipliers/explain?{SONNET}&at={SONNET_FROM.isoformat()}")
    assert "The rule for Pro" in before
    assert "The rule for Anthropic claude-sonnet-4-5" in after


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("tier=gold", "There is no tier “gold”."),
        ("tier=pro&provider=acme&model=x", "There is no provider “acme” with a model."),
        ("tier=pro&model=no-such-model", "for one nobody knows yet, name its provider"),
        (f"{SONNET}&at=soon", "The time is “soonZ”, must be a time"),
        (f"{SONNET}&output=-1", "The number is -1, must not be negative."),
    ],
)
def test_a_wrong_question_is_marked_where_it_is_wrong(app: Flask, fiona: FlaskClient, asked: str, said: str) -> None:
    shown = page(app, fiona, f"/pricing/multipliers/explain?{asked}")
    assert said in shown
    assert "Not explained." in shown


def test_a_model_without_a_price_is_explained_as_unpriced(app: Flask, fiona: FlaskClient) -> None:
    shown = page(app, fiona, "/pricing/multipliers/explain?tier=pro&provider=openai&model=never-heard-of")
    assert "Unpriced." in shown


def test_the_matrix_names_the_kind_of_rule_in_every_cell(app: Flask, fiona: FlaskClient) -> None:
    rows = downloaded(app, fiona, "/pricing/multipliers/matrix/csv?models=all")
    cells = {(row[1], row[2]): (row[3], row[5]) for row in rows[1:]}
    assert cells["gemini-2.5-pro", "Pro"] == ("1.8", "combination")
    assert cells["gemini-2.5-pro", "Free"] == ("1.25", "provider")
    assert cells["claude-sonnet-4-5", "Pro"] == ("1.45", "model")
    assert cells["gpt-4o", "Pro"] == ("1.5", "tier")
    assert cells["gpt-4o", "Enterprise Pro"] == ("1.5", "default")
    shown = page(app, fiona, "/pricing/multipliers/matrix")
    assert "▲ default" in shown
    assert "→ 1.60 on 1 Dec<" in shown


def test_coverage_lists_what_falls_to_the_default_and_rules_nobody_reaches(
    app: Flask, fiona: FlaskClient, database: Urls
) -> None:
    with owned(database) as owner:
        hold(owner, "1.1", OPENED, tier="perpetual")
        shown = page(app, fiona, "/pricing/multipliers/coverage")
        owner.execute(text("delete from pricing_configs where margin_multiplier = 1.1"))
    assert "A rule is missing." in shown
    assert "Enterprise Pro" in shown
    assert "The tier Perpetual is not active: nobody is on it." in shown
    rows = downloaded(app, fiona, "/pricing/multipliers/coverage/csv")
    assert sum(int(row[-1]) for row in rows[1:-1]) == int(rows[-1][-1]) > 0


def test_a_program_asks_which_price_holds(app: Flask, shop: Facts) -> None:
    secret, _ = key(app, "analytics:read")
    headers = {"Authorization": f"Bearer {secret}"}
    client = app.test_client()
    found = client.get(f"/api/v1/prices/effective?{SONNET}&at=2026-10-30T08:00:00Z", headers=headers).get_json()
    assert (found["multiplier"], found["scope"]) == ("1.4500", "model")
    assert found["rule"]["target_margin_percent"] == "31.03"
    assert [one["why"] for one in found["others"]] == ["outranked", "not_yet", "superseded"]
    assert found["vendor_price"]["input_per_1k_usd"] == "0.0030000000"
    refused = client.get("/api/v1/prices/effective?tier=gold&model=gpt-4o&when=now", headers=headers)
    assert refused.status_code == 422
    assert {one["field"] for one in refused.get_json()["errors"]} == {"tier", "when"}
    early = client.get(f"/api/v1/prices/effective?{SONNET}&at=1999-01-01T00:00:00Z", headers=headers)
    assert early.status_code == 422
    assert "no price is older" in early.get_data(as_text=True)
    weak, _ = key(app, "usage:write")
    assert (
        client.get(f"/api/v1/prices/effective?{SONNET}", headers={"Authorization": f"Bearer {weak}"}).status_code == 403
    )


def test_a_ledger_row_leads_to_its_explanation(app: Flask, shop: Facts) -> None:
    with app.app_context(), db.engine.connect() as connection:
        row = connection.execute(
            text("select user_id, request_id from token_usage_ledger where margin_multiplier > 0 limit 1")
        ).one()
    address = f"/finance/ledger-rows/{row.user_id}/{row.request_id}"
    shown = page(app, signed_in(app, ADAM), address)
    link = re.search(r'href="(/pricing/multipliers/explain[^"]*)"', shown)
    assert link
    assert "The database agrees" in page(app, signed_in(app, ADAM), link.group(1).replace("&amp;", "&"))
    assert "/pricing/multipliers/explain" not in page(app, signed_in(app, SAM), address)


def test_a_shop_without_usage_says_so_and_not_zero(fresh_app: Flask) -> None:
    client = signed_in(fresh_app, FIONA)
    shown = page(fresh_app, client, "/pricing/multipliers")
    assert "nothing was charged in these days" in shown
    assert "no model is on offer yet" in shown
    assert "every rule can match" in shown
    assert "No model is known yet." in page(fresh_app, client, "/pricing/multipliers/explain")
    assert "No model here." in page(fresh_app, client, "/pricing/multipliers/matrix")
    assert "Nothing to cover yet." in page(fresh_app, client, "/pricing/multipliers/coverage")


def test_the_overview_and_the_multipliers_name_one_target(app: Flask, fiona: FlaskClient) -> None:
    rules = downloaded(app, fiona, "/pricing/multipliers/export/csv")
    tiers = downloaded(app, fiona, "/overview/tiers/csv?period=30d")
    target = rules[-1][rules[0].index("Target of these days, %, 30 days")]
    assert tiers[-1][tiers[0].index("Target, %")] == target
    shown = percent(Decimal(target))
    assert f"target {shown}" in page(app, fiona, "/?period=30d")
    assert f"the target of {shown}" in page(app, fiona, "/pricing/multipliers")


def test_a_target_that_began_within_the_days_is_told_from_the_one_before(app: Flask, fiona: FlaskClient) -> None:
    rows = page(app, fiona, "/pricing/multipliers").split("<tr>")
    sonnet = next(row for row in rows if row.startswith("<th") and "claude-sonnet-4-5" in row)
    assert "31.0%" in sonnet
    assert "then</small>" in sonnet
    # Google's has been the same all the time.
    assert "then</small>" not in next(row for row in rows if row.startswith("<th") and ">Google" in row)
