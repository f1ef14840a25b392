"""Control → API keys: made once, shown once, out of force at once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import AUD, OLGA, at, browser, csrf_of, key, signed_in

MARGINS = "/api/v1/analytics/margins?from=2026-01-01&to=2026-01-02&group_by=day"
GOOD = {
    "name": "Gateway",
    "scope": "analytics:read",
    "limit_per_call_credits": "1,000",
    "limit_per_day_credits": "20000",
}


@pytest.fixture
def olga(app: Flask) -> FlaskClient:
    return signed_in(app, OLGA)


def makes(client: FlaskClient, **changed: str) -> tuple[int, str]:
    form = {**GOOD, "expires": "", **changed, "csrf_token": csrf_of(client)}
    response = client.post("/control/api-keys", data=form)
    return response.status_code, response.text


def calls(app: Flask, secret: str) -> int:
    return browser(app).get(MARGINS, headers={"Authorization": f"Bearer {secret}"}).status_code


def test_olga_makes_a_key_which_is_shown_once_and_works(app: Flask, olga: FlaskClient) -> None:
    status, page = makes(olga)
    secret = re.search(r"readonly>(llk_[^<]+)<", page)
    assert status == 201
    assert secret
    assert "1,000 credits" in page
    assert calls(app, secret[1]) == 200
    listed = olga.get("/control/api-keys").text
    assert secret[1] not in listed
    assert secret[1][:12] in listed


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": " "}, "Give a name"),
        ({"scope": "everything"}, "Choose at least one scope"),
        ({"limit_per_call_credits": "many"}, "“many” is not a number of credits"),
        ({"limit_per_day_credits": "0"}, "Give a number of credits above zero"),
        ({"limit_per_call_credits": "NaN"}, "Give a number of credits above zero"),
        ({"limit_per_call_credits": "0.0000001"}, "at most 6 decimals"),
        ({"limit_per_call_credits": "1e-99999999999"}, "at most 6 decimals"),
        ({"limit_per_call_credits": "20001"}, "more than a whole day"),
        ({"expires": "2020-01-01"}, "This is over already"),
        ({"expires": "soon"}, "“soon” is not a day"),
        ({"expires": "9999-12-31"}, "is not a day"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(olga: FlaskClient, changed: dict[str, str], reason: str) -> None:
    before = olga.get("/control/api-keys").text.count("llk_")
    status, page = makes(olga, **changed)
    assert status == 422
    assert reason in page
    assert "Nothing was changed" in page
    assert olga.get("/control/api-keys").text.count("llk_") == before


def test_a_revoked_key_is_refused_from_its_next_call_on(app: Flask, olga: FlaskClient) -> None:
    secret, key_id = key(app, "analytics:read")
    assert calls(app, secret) == 200
    address = f"/control/api-keys/{key_id}/revocation"
    assert "This cannot be taken back" in olga.get(address).text
    assert calls(app, secret) == 200
    assert olga.post(address, data={"csrf_token": csrf_of(olga), "reason": "leaked"}).status_code == 303
    assert calls(app, secret) == 401
    assert olga.get(address).status_code == 303
    olga.post(address, data={"csrf_token": csrf_of(olga)})
    assert "was revoked already. Nothing was changed." in olga.get("/control/api-keys").text


def test_a_key_ends_with_its_last_day(app: Flask, olga: FlaskClient) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    _, page = makes(olga, expires=tomorrow.isoformat())
    secret = re.search(r"readonly>(llk_[^<]+)<", page)
    assert secret
    end = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC) + timedelta(days=1)
    with at(app, end - timedelta(seconds=1)):
        assert calls(app, secret[1]) == 200
    with at(app, end):
        assert calls(app, secret[1]) == 401


def test_the_list_says_when_a_key_was_last_used(app: Flask, olga: FlaskClient) -> None:
    secret, _ = key(app, "analytics:read")
    with at(app, datetime(2031, 5, 4, 3, 2, tzinfo=UTC)):
        assert calls(app, secret) == 200
    assert "4 May 2031, 03:02" in olga.get("/control/api-keys").text


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic b2xnYTpv", "Bearer llk_00000000_wrong", "Bearer \xff"]
)
def test_anything_else_in_the_header_is_refused_alike(app: Flask, header: str) -> None:
    response = browser(app).get(MARGINS, headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.content_type == "application/problem+json"


def test_an_auditor_sees_keys_and_cannot_revoke_them(app: Flask) -> None:
    _, key_id = key(app, "analytics:read")
    aud = signed_in(app, AUD)
    assert "Only an owner makes or revokes keys." in aud.get("/control/api-keys").text
    assert aud.get(f"/control/api-keys/{key_id}/revocation").status_code == 403
