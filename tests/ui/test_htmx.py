import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.ui.htmx import address, redirect_to, refusal, render
from tests.ui.kit import kit_app

TEMPLATES = {"a/index.html": "page {% include 'a/_table.html' %}", "a/_table.html": "table", "a/_rows.html": "rows"}
REGION = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def client() -> FlaskClient:
    app = kit_app(TEMPLATES)
    add_views(app)
    return app.test_client()


def add_views(app: Flask) -> None:
    app.add_url_rule("/one", "one", lambda: render("a/index.html", "a/_table.html"))
    app.add_url_rule("/many", "many", lambda: render("a/index.html", ("a/_table.html", "a/_rows.html")))
    app.add_url_rule("/whole", "whole", lambda: render("a/index.html"))
    app.add_url_rule("/no/<int:status>", "no", lambda status: refusal(status, "The price has changed."))
    app.add_url_rule("/done", "done", lambda: redirect_to("/one"))


def test_a_browser_gets_the_page_and_htmx_its_region(client: FlaskClient) -> None:
    assert client.get("/one").text == "page table"
    assert client.get("/one", headers=REGION).text == "table"
    assert client.get("/whole", headers=REGION).text == "page table"


@pytest.mark.parametrize(
    "header", [{"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}, {"HX-Request-Type": "full"}]
)
def test_going_back_or_through_a_boosted_link_gets_the_whole_page(client: FlaskClient, header: dict[str, str]) -> None:
    assert client.get("/one", headers=REGION | header).text == "page table"


def test_a_page_with_several_regions_answers_the_one_that_is_replaced(client: FlaskClient) -> None:
    assert client.get("/many", headers=REGION | {"HX-Target": "div#a-rows"}).text == "rows"
    assert client.get("/many", headers=REGION | {"HX-Target": "div#a-table"}).text == "table"
    assert client.get("/many", headers=REGION | {"HX-Target": "div#elsewhere"}).text == "page table"


def test_a_cache_keeps_page_and_region_apart(client: FlaskClient) -> None:
    for headers in ({}, REGION):
        varied = client.get("/one", headers=headers).vary
        assert {"hx-request", "hx-history-restore-request", "hx-target"} <= {name.lower() for name in varied}


def test_a_refusal_is_a_page_for_a_browser_and_a_message_for_htmx(client: FlaskClient) -> None:
    page = client.get("/no/409")
    assert page.status_code == 409
    assert "The price has changed. Nothing was changed." in page.text
    message = client.get("/no/409", headers=REGION)
    assert message.status_code == 409
    assert message.headers["HX-Retarget"] == "#shared-problem"
    assert message.text.startswith('<div id="shared-problem"')


def test_after_a_write_a_form_is_redirected_and_htmx_told_where_to_go(client: FlaskClient) -> None:
    assert client.get("/done").status_code == 303
    answer = client.get("/done", headers=REGION)
    assert answer.headers["HX-Redirect"] == "/one"


def test_the_address_of_a_region_is_its_path() -> None:
    assert address("finance/margins/_table.html") == "finance-margins-table"
    assert address("control/ledger_proof/_laws.html") == "control-ledger-proof-laws"
