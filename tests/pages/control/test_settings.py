"""Control → Settings: typed, explained, and every change with its name."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.actions.keep_rejects import RawReject, keep_rejects
from dashboard.reports.settings import value_of
from tests.cast import AUD, OLGA, csrf_of, signed_in

KEY = "rejects_kept_days"
RUN = UUID(int=1)


@pytest.fixture
def olga(app: Flask) -> FlaskClient:
    return signed_in(app, OLGA)


def sets(client: FlaskClient, value: str, key: str = KEY) -> tuple[int, str]:
    form = {"value": value, "csrf_token": csrf_of(client)}
    response = client.post(f"/control/settings/{key}", data=form)
    return response.status_code, response.text


def now_is(app: Flask, key: str = KEY) -> int:
    with app.app_context(), db.snapshot() as connection:
        return value_of(connection, key)


def test_what_nobody_changed_has_its_default(app: Flask, olga: FlaskClient) -> None:
    assert now_is(app, "expiry_posted_after_hours") == 72
    assert "Default 72 hours, from 0 to 720. Never changed." in olga.get("/control/settings").text


def test_olga_changes_a_setting_and_her_name_stands_beside_it(app: Flask, olga: FlaskClient) -> None:
    assert sets(olga, " 30 ")[0] == 303
    assert now_is(app) == 30
    page = olga.get("/control/settings").text
    assert "“Refused usage is kept for” is changed." in page
    assert "by Olga" in page
    with app.app_context(), db.snapshot() as connection:
        sql = "select before, after from audit_log where verb = 'change_setting' order by id desc limit 1"
        assert connection.execute(text(sql)).one() == ({"value": 90}, {"value": 30})


def test_a_value_it_has_already_is_no_change(app: Flask, olga: FlaskClient) -> None:
    sets(olga, "45")
    sets(olga, "45")
    assert "has this value already. Nothing was changed." in olga.get("/control/settings").text
    with app.app_context(), db.snapshot() as connection:
        sql = "select count(*) from audit_log where after = '{\"value\": 45}'"
        assert connection.execute(text(sql)).scalar_one() == 1


@pytest.mark.parametrize("value", ["", "many", "0", "366", "-1", "1.5", "1e3", "٣٠", "9" * 40])
def test_what_it_cannot_be_is_refused_at_the_field(app: Flask, olga: FlaskClient, value: str) -> None:
    before = now_is(app)
    status, page = sets(olga, value)
    assert status == 422
    assert "a whole number from 1 to 365" in page
    assert "Nothing was changed" in page
    assert 'aria-invalid="true"' in page
    assert now_is(app) == before


def test_a_setting_that_is_not_there_is_not_found(olga: FlaskClient) -> None:
    assert sets(olga, "1", "unit_usd")[0] == 404


def test_an_auditor_sees_the_values_and_no_form(app: Flask) -> None:
    page = signed_in(app, AUD).get("/control/settings").text
    assert "<strong>72 hours</strong>" in page
    assert 'name="value"' not in page


def test_a_changed_setting_counts_at_once(app: Flask, olga: FlaskClient) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    sets(olga, "7")
    with app.app_context():
        with db.transaction() as session:
            sql = "insert into import_run (id, kind, source_name, state, started_at) values (:id, 'usage', 'x', 'running', :now)"
            session.execute(text(sql), {"id": RUN, "now": now})
        keep_rejects([RawReject(1, "unknown_customer", "who?", {"id": "x"})], import_run_id=RUN, now=now)
        with db.snapshot() as connection:
            kept = connection.execute(text("select keep_until from usage_reject")).scalar_one()
    assert kept == now + timedelta(days=7)
