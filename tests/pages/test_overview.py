"""Everybody's first page: what it shows when there is much, little and nothing."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.db import snapshot
from dashboard.engine.figures import Figures
from dashboard.engine.periods import Period
from dashboard.pages.overview.attention import MOST_LOSSES, attention, sentence
from dashboard.pages.overview.explanations import EXPLAINED
from dashboard.reports import overview
from dashboard.reports.overview import Activity, ModelRow, TierFigures
from tests.cast import FIONA, SAM, at, signed_in
from tests.shop import FIRST, NOW, TODAY, open_shop


@pytest.fixture(scope="module")
def open_app(app: Flask) -> Flask:
    open_shop(app)
    return app


@pytest.fixture
def fiona(open_app: Flask) -> FlaskClient:
    return signed_in(open_app, FIONA)


def test_finance_sees_the_last_thirty_whole_days_and_today_apart(open_app: Flask, fiona: FlaskClient) -> None:
    with at(open_app, NOW):
        page = fiona.get("/").get_data(as_text=True)
    assert "1 Oct – 30 Oct 2026" in page
    assert "compared with 1 Sep – 30 Sep" in page


@pytest.mark.parametrize("tile", EXPLAINED)
def test_every_tile_explains_itself_with_a_query_one_can_read(fiona: FlaskClient, tile: str) -> None:
    page = fiona.get(f"/?from={FIRST}&to={TODAY}&explain={tile}").get_data(as_text=True)
    assert "Formula" in page
    href = re.search(r'href="(/queries/[^"]+)"', page)
    assert href
    assert fiona.get(href.group(1)).status_code == 200


def test_unpriced_models_ask_for_attention(fiona: FlaskClient) -> None:
    page = fiona.get(f"/?from={FIRST}&to={TODAY}").get_data(as_text=True)
    assert "brand-new-model was used without a vendor price" in page


def test_days_without_requests_are_not_shown_as_zero_margin(fiona: FlaskClient) -> None:
    page = fiona.get("/?from=2020-01-01&to=2020-01-31").get_data(as_text=True)
    assert "No requests in these days." in page
    assert "0.0%" not in page


def test_an_empty_ledgerline_says_what_to_do_first(fresh_app: Flask) -> None:
    page = signed_in(fresh_app, FIONA).get("/").get_data(as_text=True)
    assert "No usage yet." in page
    assert "flask import-usage" in page


def test_support_sees_the_overview_without_links_that_would_be_refused(open_app: Flask) -> None:
    answer = signed_in(open_app, SAM).get("/")
    assert answer.status_code == 200
    assert "/finance/margins" not in answer.text
    assert "/control/ledger-proof" not in answer.text


@pytest.mark.parametrize(
    ("activity", "said"),
    [
        (("audit", "shell", "add_customers", "customer", None), "Added customers, from the command line"),
        (("audit", "Olga Petrova", "create_api_key", "api_key", None), "Olga Petrova made an API key"),
        (("import", None, "usage", "november.jsonl", "1204"), "1,204 requests imported from november.jsonl"),
        (("import", None, "demo", "demo", "59897"), "Demo loaded: 59,897 requests"),
        (("proof", None, "29 of 29", None, None), "Ledger proof ran: 29 of 29 checks passed"),
    ],
)
def test_what_happened_is_told_in_sentences(
    activity: tuple[str, str | None, str | None, str | None, str | None], said: str
) -> None:
    assert sentence(Activity(datetime(2026, 11, 20, tzinfo=UTC), *activity)) == said


def test_a_signed_out_browser_is_asked_to_sign_in(open_app: Flask) -> None:
    answer = open_app.test_client().get("/?period=7d")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=%2F%3Fperiod%3D7d"


@pytest.mark.parametrize("file_type", ["csv", "xlsx"])
def test_the_tiers_can_be_taken_along(fiona: FlaskClient, file_type: str) -> None:
    with fiona.get(f"/overview/tiers/{file_type}?from={FIRST}&to={TODAY}") as answer:
        assert answer.status_code == 200
        assert f".{file_type}" in answer.headers["Content-Disposition"]


def test_what_is_opened_from_the_overview_keeps_its_dates(fiona: FlaskClient) -> None:
    page = fiona.get(f"/?from={FIRST}&to={TODAY}").get_data(as_text=True)
    links = re.findall(r'href="(/finance/margins[^"]*(?:tier|model)=[^"]*)"', page)
    assert links
    assert all(f"from={FIRST}&amp;to={TODAY}" in link for link in links)


def test_the_dearest_loss_stands_first_and_is_never_cut(open_app: Flask) -> None:
    def model(name: str, lost: int) -> ModelRow:
        return ModelRow("OpenAI", "openai", name, None, 0, 0, Decimal(1000 + lost), Decimal(1000))

    dear = Figures(requests=1, vendor_cost_usd=Decimal(900), realised_revenue_usd=Decimal(100))
    with open_app.test_request_context(), snapshot() as connection:
        read = overview.read(connection, Period.ending(TODAY, 30), TODAY)
        found = attention(
            replace(
                read,
                tiers=(TierFigures("pro", "Pro", None, None, 1, dear),),
                models=tuple(model(f"m{lost}", lost) for lost in (5, 30, 10, 20, 40)),
            )
        )
    lost = [notice.title.split()[0] for notice in found if notice.word == "Loss"]
    assert lost == ["Pro", "m40", "m30", "m20"]
    assert len(lost) == MOST_LOSSES
