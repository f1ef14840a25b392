"""A database that is gone is a page in plain words, and comes back by itself."""

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from dashboard.db import db
from tests.cast import OLGA, signed_in

ADDRESSES = ("/", "/finance/margins", "/control/audit-log", "/preferences", "/sign-in")


@pytest.fixture
def olga(app: Flask) -> FlaskClient:
    return signed_in(app, OLGA)


@pytest.fixture
def gone(app: Flask, olga: FlaskClient) -> Iterator[None]:
    """Every new connection fails, and there is no old one."""
    assert olga.get("/preferences").status_code == 200
    with app.app_context():
        engine = db.engine
        engine.dispose()
    event.listen(engine, "do_connect", _refuse)
    yield
    event.remove(engine, "do_connect", _refuse)


def _refuse(*_: object) -> None:
    message = 'connection to server on socket "/secret/place" failed'
    raise psycopg.OperationalError(message)


@pytest.mark.usefixtures("gone")
def test_somebody_signed_in_is_told_that_the_database_is_gone_and_nothing_of_where_it_was(olga: FlaskClient) -> None:
    for address in ADDRESSES:
        page = olga.get(address)
        assert page.status_code == 503, address
        assert "The database does not answer." in page.text
        assert "Nothing was changed" in page.text
        assert "secret" not in page.text
        region = olga.get(address, headers={"HX-Request": "true"})
        assert (region.status_code, region.headers["HX-Retarget"]) == (503, "#shared-problem")


@pytest.mark.usefixtures("gone")
def test_an_address_that_does_not_exist_needs_no_database(olga: FlaskClient) -> None:
    assert olga.get("/nowhere").status_code == 404


@pytest.mark.usefixtures("gone")
def test_a_program_is_told_so_in_its_own_form(olga: FlaskClient) -> None:
    answer = olga.get("/api/v1/analytics/margins")
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert "secret" not in answer.text


def test_afterwards_the_same_session_goes_on(app: Flask, olga: FlaskClient) -> None:
    assert olga.get("/preferences").status_code == 200
    with app.app_context():
        engine = db.engine
        engine.dispose()
    event.listen(engine, "do_connect", _refuse)
    assert olga.get("/preferences").status_code == 503
    event.remove(engine, "do_connect", _refuse)
    assert olga.get("/preferences").status_code == 200
