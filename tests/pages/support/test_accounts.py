"""Accounts: finding a customer as one types, and the lists of those worth a look."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.actions.add_customers import add_customers
from dashboard.actions.record_usage import record_usage
from dashboard.db import snapshot
from dashboard.engine.actors import SHELL
from dashboard.engine.customers import NewCustomer
from dashboard.engine.lookups import read_lookup
from dashboard.engine.rating import Tokens
from dashboard.engine.usage import UsageEvent, request_id_of
from dashboard.reports.support.accounts import accounts_page
from dashboard.reports.support.found import find
from tests.cast import ADAM, FIONA, SAM, browser, hire, signed_in
from tests.desk import propose
from tests.shop import NOW, OPENED, PEOPLE, open_shop

ACCOUNTS = "/support/accounts"
NAMES = (
    "Maria del Carmen Núñez-Ortega y Prado",
    "Mary Ann O'Neill",
    "Anna Maria",
    "maria",
    "Marianne_100% Ltd",
    "Ortega Freight",
    "Жанна Орлова",
    "One Two Three Four Five Sixth Seventh Eighth Ninth",
)


@pytest.fixture(scope="module")
def app(app: Flask) -> Flask:
    """A shop with more customers, and one request under a name of their own."""
    open_shop(app, requests=200)
    with app.app_context():
        people = [
            NewCustomer(f"{number}.{number}@post.example", name, "free", "monthly", OPENED, 1)
            for number, name in enumerate(NAMES)
        ]
        add_customers(people, actor=SHELL, now=OPENED)
        record_usage([_event("Chat/0001")])
    app.config["CLOCK"] = lambda: NOW
    return app


@pytest.fixture
def sam(app: Flask) -> FlaskClient:
    return signed_in(app, SAM)


def page(client: FlaskClient, query: str = "", path: str = ACCOUNTS) -> str:
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def names_on(html: str) -> list[str]:
    return re.findall(r'<a class="name" href="[^"]+">([^<]+)</a>', html)


def found_names(app: Flask, typed: str) -> set[str]:
    with app.app_context(), snapshot() as connection:
        return {one.name for one in find(connection, read_lookup(typed), most=50, now=NOW).customers}


def one_value(app: Flask, sql: str, **given: object) -> object:
    with app.app_context(), db.snapshot() as connection:
        return connection.execute(text(sql), given).scalar_one()


def begins(name: str, typed: str) -> bool:
    """The rule by itself: the question starts the name, or one of its first eight words."""
    wanted = " ".join(typed.lower().split())
    starts = [found.start() for found in re.finditer(r"(?:^|(?<=[\s-]))[^\s-]", name)][:8]
    return any(name.lower()[start:].startswith(wanted) for start in starts)


@pytest.mark.parametrize(
    "typed",
    [
        "m",
        "mar",
        "maria ",
        "MARIA",
        "carmen",
        "ortega",
        "núñez",
        "del carmen",
        "y",
        "prado",
        "o'n",
        "жан",
        "орл",
        "sixth",
    ],
)
def test_a_customer_is_found_by_the_beginning_of_each_word(app: Flask, typed: str) -> None:
    expected = {name for name in NAMES if begins(name, typed)}
    assert expected
    assert found_names(app, typed) & set(NAMES) == expected


@pytest.mark.parametrize("typed", ["ninth", "aria", "%", "_", "100%", "\\", "'", "mar%", "o neill"])
def test_what_begins_no_word_finds_nobody(app: Flask, typed: str) -> None:
    assert found_names(app, typed) == set()


def test_words_in_another_order_find_the_same_person(app: Flask) -> None:
    assert found_names(app, "orlova") == set()
    assert found_names(app, "neill mary") == set()
    assert found_names(app, "freight ort") == {"Ortega Freight"}
    assert found_names(app, "prado maria") == {NAMES[0]}


def test_support_finds_a_customer_by_address_and_by_id(app: Flask, sam: FlaskClient) -> None:
    assert names_on(page(sam, "q=BEA%40exam")) == ["Bea"]
    bea = one_value(app, "select id from users where email = 'bea@example.com'")
    assert names_on(page(sam, f"q={bea}")) == ["Bea"]


def test_a_request_leads_to_its_receipt_and_its_customer(app: Flask, sam: FlaskClient) -> None:
    request = one_value(app, "select request_id from token_usage_ledger where credits_deducted > 0 limit 1")
    owner = one_value(
        app, "select name from users join token_usage_ledger on user_id = id where request_id = :it", it=request
    )
    html = page(sam, f"q={request}")
    assert names_on(html) == [owner]
    assert re.search(rf'href="/support/receipts/[0-9a-f-]{{36}}/{request}"', html)


def test_a_request_is_found_by_the_name_its_sender_gave_it(app: Flask, sam: FlaskClient) -> None:
    html = page(sam, "q=Chat/0001")
    assert names_on(html) == ["Ada"]
    assert str(request_id_of("Chat/0001")[0]) in html


def test_an_entry_leads_to_its_receipt(app: Flask, sam: FlaskClient) -> None:
    dora = one_value(app, "select id from users where name = 'Dora'")
    html = page(sam, f"q={dora}-1")
    assert names_on(html) == ["Dora"]
    assert f'href="/support/receipts/{dora}/entries/1"' in html


def test_nothing_found_says_how_to_look(sam: FlaskClient) -> None:
    assert "Nobody and nothing found." in page(sam, "q=nobody-of-this-name")
    assert "Nobody and nothing found." in page(sam, "q=00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize("typed", ["a" * 5000, "%F0%9F%92%B8", "-" * 40, "%27%3B--", "%FF"])
def test_whatever_is_typed_is_answered(sam: FlaskClient, typed: str) -> None:
    page(sam, f"q={typed}")
    page(sam, f"q={typed}", f"{ACCOUNTS}/found")


def test_typing_gets_the_list_alone(sam: FlaskClient) -> None:
    answer = sam.get(f"{ACCOUNTS}?q=be", headers={"HX-Request": "true", "HX-Target": "div#support-accounts-list"})
    assert answer.get_data(as_text=True).lstrip().startswith('<div id="support-accounts-list"')


@pytest.mark.parametrize("order", ["newest", "name"])
def test_leafing_passes_every_customer_once(sam: FlaskClient, monkeypatch: pytest.MonkeyPatch, order: str) -> None:
    monkeypatch.setattr(accounts_page, "__kwdefaults__", {"most": 5})
    seen: list[str] = []
    address: str | None = f"{ACCOUNTS}?order={order}"
    while address:
        html = sam.get(address).get_data(as_text=True)
        seen += names_on(html)
        following = re.search(r'href="([^"]+)"[^>]*>Next page', html)
        address = following.group(1).replace("&amp;", "&") if following else None
    assert len(seen) == len(set(seen)) == len(NAMES) + len(PEOPLE)


def test_the_list_of_those_with_little_left_begins_with_the_least(app: Flask, sam: FlaskClient) -> None:
    balances = [int(one) for one in re.findall(r'</th>\s*<td class="n" data-value="(\d+)', page(sam, "order=low"))]
    assert balances == sorted(balances)
    assert len(balances) == len(PEOPLE)


def test_those_active_last_come_first(app: Flask, sam: FlaskClient) -> None:
    sql = "select array_agg(name order by at desc) from (select name, max(accounted_at) as at from token_usage_ledger "
    assert names_on(page(sam)) == one_value(app, sql + "join users on users.id = user_id group by name) as active")


def test_the_losses_are_those_whose_credits_did_not_cover(app: Flask, sam: FlaskClient) -> None:
    losing = one_value(app, "select count(distinct user_id) from token_usage_ledger where credits_uncovered > 0")
    assert len(names_on(page(sam, "order=losses"))) == losing


@pytest.mark.parametrize(
    "query", ["order=richest", "order=low&cursor=x", "order=low&cursor=WyJsb3ciLCAiTmFOIiwgIjAiXQ"]
)
def test_a_wrong_address_is_named_and_left_aside(sam: FlaskClient, query: str) -> None:
    assert "Not taken." in page(sam, query)


def test_a_file_holds_the_whole_list(sam: FlaskClient) -> None:
    with sam.get(f"{ACCOUNTS}/export/csv?order=name") as answer:
        rows = list(csv.DictReader(StringIO(answer.get_data(as_text=True))))
    assert len(rows) == len(NAMES) + len(PEOPLE)
    with sam.get(f"{ACCOUNTS}/export/xlsx?order=low") as answer:
        assert answer.status_code == 200


def test_the_palette_finds_customers_and_only_whose_role_sees_them_proposals(app: Flask, sam: FlaskClient) -> None:
    propose(app, hire(app, ADAM))
    assert "Bea" in page(sam, "q=bea", f"{ACCOUNTS}/found")
    assert "Proposals" not in page(sam, "q=pro", f"{ACCOUNTS}/found")
    assert "Proposals" in page(signed_in(app, FIONA), "q=pro", f"{ACCOUNTS}/found")


def test_the_search_offers_no_customers_to_who_is_not_signed_in(app: Flask) -> None:
    assert browser(app).get(f"{ACCOUNTS}/found?q=bea").status_code == 303


def _event(name: str) -> UsageEvent:
    request_id, external = request_id_of(name)
    started = NOW - timedelta(hours=1)
    return UsageEvent(
        customer="ada@example.com",
        request_id=request_id,
        external_id=external,
        provider="openai",
        model="gpt-4o",
        service="chat",
        request_type="completion",
        status="success",
        key_mode="system",
        tokens=Tokens(1000, 0, 0, 10),
        vendor_cost_usd=None,
        cost_estimated=False,
        experiment_id=None,
        metadata=None,
        started_at=started,
        completed_at=started,
    )
