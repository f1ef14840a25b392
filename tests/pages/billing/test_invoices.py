"""Billing → Invoices and Credit packs: sold, paid, given back with a second person."""

import csv
import re
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import AUD, FIONA, OLGA, SAM, csrf_of, signed_in
from tests.shop import open_shop
from tests.unchanged import unchanged

PACKS, INVOICES = "/billing/credit-packs", "/billing/invoices"


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    open_shop(app, requests=4)
    return app


@pytest.fixture
def sam(shop: Flask) -> FlaskClient:
    return signed_in(shop, SAM)


def send(browser: FlaskClient, path: str, **typed: str) -> TestResponse:
    return browser.post(path, data={"csrf_token": csrf_of(browser), **typed})


def sold(sam: FlaskClient, pack: str = "starter") -> str:
    """Sell Bea a pack through the form; the address of its invoice."""
    purchase = re.findall(r'name="purchase_id" value="([^"]+)"', sam.get(f"{PACKS}/new").text)[0]
    answer = send(sam, PACKS, purchase_id=purchase, customer="bea@example.com", pack=pack)
    assert answer.status_code == 303
    assert send(sam, PACKS, purchase_id=purchase, customer="bea@example.com", pack=pack).location == answer.location
    return answer.location


def test_a_pack_is_sold_paid_and_given_back_with_a_second_person(shop: Flask, sam: FlaskClient) -> None:
    invoice = sold(sam)
    assert "Record $10.00 as paid" in sam.get(invoice).text
    assert send(sam, f"{invoice}/payments", due="10.00", reference="T-77").status_code == 303
    page = sam.get(invoice).text
    assert all(words in page for words in ("T-77", "Credit pack Starter", "Give money back", "10,000"))
    asked = send(sam, f"{invoice}/refunds", amount="4.00", cause="goodwill")
    request = sam.get(asked.location).text
    assert all(words in request for words in ("Money to give back", "6,000", "$6.00"))
    assert "Waits for a second person" in sam.get(invoice).text
    olga = signed_in(shop, OLGA)
    seen = re.findall(r'name="seen" value="([0-9a-f]+)"', olga.get(asked.location).text)[0]
    assert send(sam, f"{asked.location}/approval", seen=seen).status_code == 403
    assert send(olga, f"{asked.location}/approval", seen=seen).status_code == 303
    page = olga.get(invoice).text
    assert all(words in page for words in ("Olga", "4,000", "$4.00", "Goodwill"))
    assert "Give money back" not in page


def test_fiona_of_finance_sees_what_waits_for_her_in_the_inbox(shop: Flask, sam: FlaskClient) -> None:
    invoice, fiona = sold(sam), signed_in(shop, FIONA)
    send(sam, f"{invoice}/payments", due="10.00", reference="T-78")
    asked = send(sam, f"{invoice}/refunds", amount="10.00", cause="mistake")
    inbox = fiona.get("/support/approvals").text
    assert "Money to give back" in inbox
    page = fiona.get(asked.location).text
    seen = re.findall(r'name="seen" value="([0-9a-f]+)"', page)[0]
    assert (
        send(fiona, f"{asked.location}/rejection", seen=seen, reason="The customer changed their mind").status_code
        == 303
    )
    assert "Waits for a second person" not in fiona.get(invoice).text


@pytest.mark.parametrize(
    ("act", "typed", "said"),
    [
        ("payments", {"due": "10.00", "reference": "two words"}, "letters, digits"),
        ("payments", {"due": "9.00", "reference": "T-1"}, "paid in one sum"),
        ("payments", {"due": "ten", "reference": "T-1"}, "dollars and cents"),
        ("refunds", {"amount": "1.00", "cause": "goodwill"}, "at most $0.00"),
        ("refunds", {"amount": "NaN", "cause": "goodwill"}, "dollars and cents"),
        ("refunds", {"amount": "1.00", "cause": "because"}, "Choose one"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    shop: Flask, sam: FlaskClient, act: str, typed: dict[str, str], said: str
) -> None:
    invoice = sold(sam)
    with unchanged(shop):
        answer = send(sam, f"{invoice}/{act}", **typed)
    assert answer.status_code in {409, 422}
    assert said in answer.text


def test_a_void_invoice_stays_on_record(shop: Flask, sam: FlaskClient) -> None:
    invoice = sold(sam)
    assert send(sam, f"{invoice}/void").status_code == 303
    assert "Void" in sam.get(invoice).text
    with unchanged(shop):
        assert send(sam, f"{invoice}/void").status_code == 409


def test_a_pack_nobody_sells_or_for_nobody_is_refused(shop: Flask, sam: FlaskClient) -> None:
    with unchanged(shop):
        assert send(sam, PACKS, customer="bea@example.com", pack="huge").status_code == 409
        assert send(sam, PACKS, customer="nobody@example.com", pack="pro").status_code == 422


def test_aud_reads_and_downloads_what_the_lists_show(shop: Flask, sam: FlaskClient) -> None:
    sold(sam, "enterprise")
    aud = signed_in(shop, AUD)
    assert "Sell a pack" not in aud.get(PACKS).text
    for page in (f"{INVOICES}?status=open&q=bea", f"{INVOICES}?q=INV-1", f"{PACKS}?which=below-cost", INVOICES, PACKS):
        assert aud.get(page).status_code == 200
    assert "No invoice fits" in aud.get(f"{INVOICES}?q=zzz").text
    for address in (f"{INVOICES}/export/csv?reason=pack", f"{PACKS}/export/csv"):
        rows = list(csv.reader(StringIO(aud.get(address).text.lstrip("\ufeff"))))
        assert len(rows) > 1
        assert any(cell in {"350", "350.00"} for row in rows for cell in row)
