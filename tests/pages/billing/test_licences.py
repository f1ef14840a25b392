"""Billing → Licences: sold with a key shown once, its devices, and what is done with it."""

import csv
import re
from io import StringIO
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import ADAM, AUD, FIONA, csrf_of, signed_in
from tests.shop import open_shop
from tests.unchanged import unchanged

PAGE = "/billing/licences"


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    open_shop(app, requests=4)
    return app


@pytest.fixture
def fiona(shop: Flask) -> FlaskClient:
    return signed_in(shop, FIONA)


def send(browser: FlaskClient, path: str, **typed: str) -> TestResponse:
    return browser.post(path, data={"csrf_token": csrf_of(browser), **typed})


def sold(fiona: FlaskClient, **typed: str) -> TestResponse:
    """Sell Bea a licence through the form."""
    license_id = re.findall(r'name="license_id" value="([^"]+)"', fiona.get(f"{PAGE}/new").text)[0]
    license_id = typed.pop("license_id", license_id)
    given = {
        "customer": "bea@example.com",
        "version": "1.4.0",
        "price": "199.00",
        "byok": "yes",
        "reference": license_id,
    }
    return send(fiona, PAGE, license_id=license_id, **given | typed)


def address_of(answer: TestResponse) -> str:
    return str(re.findall(rf'href="({PAGE}/[0-9a-f-]+/[0-9a-f-]+)"', answer.text)[0])


def test_fiona_sells_a_licence_and_sees_its_key_once(shop: Flask, fiona: FlaskClient) -> None:
    answer = sold(fiona)
    key = re.findall(r"LEDGERLINE(?:-\w{4}){4}", answer.text)[0]
    assert answer.headers["Cache-Control"] == "no-store"
    page = fiona.get(address_of(answer)).text
    assert key not in page
    assert f"…{key[-4:]}" in page
    assert "1.99.99" in page
    with unchanged(shop):
        again = sold(fiona, license_id=address_of(answer).rpartition("/")[2])
    assert (again.status_code, "sold already" in again.text) == (409, True)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"customer": "nobody@example.com"}, "No customer has this e-mail"),
        ({"version": "two"}, "Give a version like"),
        ({"price": "199.005"}, "US dollars and cents"),
        ({"price": "NaN"}, "US dollars and cents"),
        ({"reference": ""}, "Give the number of the transfer"),
    ],
)
def test_what_cannot_be_sold_is_said_at_its_field(
    shop: Flask, fiona: FlaskClient, typed: dict[str, str], said: str
) -> None:
    with unchanged(shop):
        answer = sold(fiona, **typed)
    assert (answer.status_code, said in answer.text) == (422, True)


def test_devices_are_activated_replaced_and_taken_out(shop: Flask, fiona: FlaskClient) -> None:
    path = address_of(sold(fiona))
    for number in range(3):
        assert send(fiona, f"{path}/devices", fingerprint=f"{number:064x}", name=f"Desk {number}").status_code == 303
    with unchanged(shop):
        full = send(fiona, f"{path}/devices", fingerprint="f" * 64)
        wrong = send(fiona, f"{path}/devices", fingerprint="my laptop")
    assert (full.status_code, "All seats of this licence are taken" in full.text) == (409, True)
    assert wrong.status_code == 422
    device = re.findall(rf'action="{path}/devices/([0-9a-f-]+)/deactivation"', full.text)[0]
    assert send(fiona, f"{path}/devices", fingerprint="e" * 64, replaces=device).status_code == 303
    page = fiona.get(path).text
    assert "3 of 3 seats" in page
    assert "Replaced" in page
    other = re.findall(rf'action="{path}/devices/([0-9a-f-]+)/deactivation"', page)[0]
    assert send(fiona, f"{path}/devices/{other}/deactivation").status_code == 303
    assert "2 of 3 seats" in fiona.get(path).text


def test_a_licence_is_suspended_upgraded_revoked_by_two_and_listed(shop: Flask, fiona: FlaskClient) -> None:
    path, adam, aud = address_of(sold(fiona)), signed_in(shop, ADAM), signed_in(shop, AUD)
    assert send(fiona, f"{path}/suspension").status_code == 303
    with unchanged(shop):
        assert send(fiona, f"{path}/trade-in", seen="199.00").status_code == 409
    assert send(fiona, f"{path}/reactivation").status_code == 303
    upgrade = {"version": "2.0.0", "released": "2020-01-01", "reference": path[-30:]}
    assert send(fiona, f"{path}/upgrades", **upgrade).status_code == 303
    assert "2.99.99" in fiona.get(path).text
    with unchanged(shop):
        assert send(fiona, f"{path}/trade-in", seen="1.00").status_code == 409
        assert send(fiona, f"{path}/upgrades", **upgrade | {"released": "soon"}).status_code == 422
        assert send(aud, f"{path}/suspension").status_code == 403
    assert send(fiona, f"{path}/revocation", cause="abuse").status_code == 303
    waiting = re.findall(r"/support/approvals/([0-9a-f-]{36})", adam.get("/support/approvals").text)[0]
    shown = adam.get(f"/support/approvals/{waiting}").text
    assert "revoke the licence for good" in shown
    seen = re.findall(r'name="seen" value="(\w+)"', shown)[0]
    assert send(adam, f"/support/approvals/{UUID(waiting)}/approval", seen=seen).status_code in {200, 303}
    assert "the key was passed on" in fiona.get(path).text
    listed = fiona.get(f"{PAGE}?status=revoked&q=bea").text
    assert path in listed
    with fiona.get(f"{PAGE}/export/csv?status=revoked") as answer:
        (row,) = csv.DictReader(StringIO(answer.get_data(as_text=True)))
    assert (row["State"], row["Paid, USD"], row["Upgrades, USD"]) == ("revoked", "199", "99")


def test_a_licence_of_somebody_else_or_of_nobody_is_not_found(fiona: FlaskClient) -> None:
    path = address_of(sold(fiona))
    assert fiona.get(f"{PAGE}/{UUID(int=1)}/{path.rpartition('/')[2]}").status_code == 404
