"""Guessing passwords: how often, from where, and that nobody can be locked out by it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.actions import credentials
from dashboard.engine.sign_in import TRIES, WINDOW
from tests.cast import HASH, PASSWORD, Person, at, csrf_of, hire

NOON = datetime(2026, 11, 20, 12, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(credentials, "_nobodys_hash", lambda: HASH)
    with at(app, NOON):
        yield


def tries(client: FlaskClient, email: str, password: str, address: str) -> tuple[int, str]:
    form = {"email": email, "password": password, "csrf_token": csrf_of(client)}
    response = client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": address})
    return response.status_code, response.text


def newcomer(app: Flask, name: str) -> Person:
    person = Person(name, "finance")
    hire(app, person)
    return person


def test_after_ten_wrong_passwords_the_right_one_has_to_wait(app: Flask) -> None:
    person = newcomer(app, "Tess")
    for number in range(TRIES["account"]):
        assert tries(app.test_client(), person.email, "wrong password", f"198.51.100.{number}")[0] == 422
    status, page = tries(app.test_client(), person.email, PASSWORD, "198.51.100.99")
    assert status == 429
    assert "Nothing was changed; try again after 12:15 UTC" in page
    with at(app, NOON + WINDOW):
        assert tries(app.test_client(), person.email, PASSWORD, "198.51.100.99")[0] == 303


def test_a_stranger_guessing_does_not_lock_out_the_owner_of_the_account(app: Flask) -> None:
    person = newcomer(app, "Vera")
    assert tries(app.test_client(), person.email, PASSWORD, "203.0.113.7")[0] == 303
    for number in range(TRIES["account"] + 3):
        tries(app.test_client(), person.email, "wrong password", f"198.51.100.{number}")
    assert tries(app.test_client(), person.email, PASSWORD, "198.51.100.200")[0] == 429
    assert tries(app.test_client(), person.email, PASSWORD, "203.0.113.7")[0] == 303


def test_an_address_that_tries_many_accounts_has_to_wait_too(app: Flask) -> None:
    person = newcomer(app, "Xena")
    for number in range(TRIES["address"]):
        assert tries(app.test_client(), f"guess{number}@example.com", "wrong password", "198.51.100.250")[0] == 422
    assert tries(app.test_client(), person.email, PASSWORD, "198.51.100.250")[0] == 429


def test_a_forged_header_gives_no_further_try(app: Flask) -> None:
    person = newcomer(app, "Yoko")
    for number in range(TRIES["account"] + 1):
        client = app.test_client()
        form = {"email": person.email, "password": "wrong password", "csrf_token": csrf_of(client)}
        last = client.post("/sign-in", data=form, headers={"X-Forwarded-For": f"203.0.113.{number}"})
    assert last.status_code == 429


def test_many_at_once_get_no_more_tries_than_one_after_the_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    person = newcomer(app, "Wim")
    compared: list[str] = []

    def refuses(_: str | None, given: str) -> bool:
        compared.append(given)
        return False

    monkeypatch.setattr(credentials, "matches", refuses)

    def guess(number: int) -> int:
        return tries(app.test_client(), person.email, f"guess {number}", f"198.51.100.{number}")[0]

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(guess, range(3 * TRIES["account"])))
    assert len(compared) == TRIES["account"]
    assert sorted(set(statuses)) == [422, 429]
