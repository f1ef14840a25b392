"""API keys: replaced without a gap, and asked no more often than they may."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard import db
from dashboard.access import rates
from dashboard.access.rates import Rate
from dashboard.actions.clear_old_records import clear_old_records
from dashboard.actions.create_api_key import create_api_key
from dashboard.actions.revoke_api_key import revoke_api_key
from dashboard.actions.rotate_api_key import NotRotatableError, rotate_api_key
from dashboard.engine.actors import SHELL
from dashboard.engine.api_keys import KeyWanted
from dashboard.engine.errors import InvalidInputError
from dashboard.reports.api_keys import api_keys
from tests.cast import OLGA, at, browser, csrf_of, key, signed_in
from tests.importers.files import run

MARGINS = "/api/v1/analytics/margins?from=2026-01-01&to=2026-01-02&group_by=day"
NOON = datetime(2031, 5, 4, 12, 0, 20, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def olga(app: Flask) -> FlaskClient:
    return signed_in(app, OLGA)


def calls(app: Flask, secret: str) -> int:
    return browser(app).get(MARGINS, headers={"Authorization": f"Bearer {secret}"}).status_code


def test_the_old_key_works_until_the_time_chosen_and_the_new_one_at_once(app: Flask) -> None:
    old, key_id = key(app, "analytics:read")
    with app.app_context():
        rotated = rotate_api_key(SHELL, key_id, overlap=DAY, now=NOON)
    assert rotated.old_until == NOON + DAY
    for moment, answers in (
        (NOON, (200, 200)),
        (NOON + DAY - timedelta(seconds=1), (200, 200)),
        (NOON + DAY, (401, 200)),
    ):
        with at(app, moment):
            assert (calls(app, old), calls(app, rotated.new.key)) == answers


def test_a_key_that_ends_sooner_ends_then(app: Flask) -> None:
    with app.app_context():
        ends = NOON + timedelta(hours=1)
        made = create_api_key(SHELL, KeyWanted("short", ["analytics:read"], expires_at=ends), now=NOON)
        assert rotate_api_key(SHELL, made.api_key_id, overlap=DAY, now=NOON).old_until == ends


def test_a_key_is_replaced_once_and_only_while_it_is_in_force(app: Flask) -> None:
    _, twice = key(app, "analytics:read")
    _, revoked = key(app, "analytics:read")
    with app.app_context():
        rotate_api_key(SHELL, twice, overlap=DAY, now=NOON)
        revoke_api_key(SHELL, revoked, now=NOON)
        for key_id in (twice, revoked):
            with pytest.raises(NotRotatableError):
                rotate_api_key(SHELL, key_id, overlap=DAY, now=NOON)
        with pytest.raises(InvalidInputError, match="90 days at most"):
            rotate_api_key(SHELL, twice, overlap=91 * DAY, now=NOON)


def test_olga_replaces_a_key_on_its_page(app: Flask, olga: FlaskClient) -> None:
    old, key_id = key(app, "analytics:read")
    address = f"/control/api-keys/{key_id}/rotation"
    assert "The old key works on for" in olga.get(address).text
    form = {"overlap_hours": "24", "csrf_token": csrf_of(olga)}
    made = olga.post(address, data=form)
    assert made.status_code == 201
    secret = re.search(r"readonly>(llk_[^<]+)<", made.text)
    assert secret
    assert (calls(app, old), calls(app, secret[1])) == (200, 200)
    assert "replaced by" in olga.get("/control/api-keys").text
    assert olga.get(address).status_code == 303
    assert olga.post(address, data=form).status_code == 303
    assert "was replaced already. Nothing was changed." in olga.get("/control/api-keys").text
    assert olga.post(address, data={**form, "overlap_hours": "9999"}).status_code == 422


def test_a_key_is_replaced_by_a_command(fresh_app: Flask) -> None:
    old, _ = key(fresh_app, "analytics:read")
    done = run(fresh_app, "api-key", "rotate", "a program", "--overlap-hours", "0")
    assert done.exit_code == 0, done.output
    new = done.output.strip().splitlines()[-1]
    assert (calls(fresh_app, old), calls(fresh_app, new)) == (401, 200)


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(app: Flask) -> None:
    with app.app_context():
        wanted = KeyWanted("eager", ["analytics:read"], requests_per_minute=3)
        secret = create_api_key(SHELL, wanted, now=NOON).key
    headers = {"Authorization": f"Bearer {secret}"}
    with at(app, NOON):
        for left in (2, 1, 0):
            answer = browser(app).get(MARGINS, headers=headers)
            assert answer.status_code == 200
            assert answer.headers["RateLimit"] == f'"minute";r={left};t=40'
            assert answer.headers["RateLimit-Policy"] == '"minute";q=3;w=60'
        refused = browser(app).get(MARGINS, headers=headers)
    assert refused.status_code == 429
    assert refused.content_type == "application/problem+json"
    assert refused.headers["Retry-After"] == "40"
    assert "Nothing was changed" in refused.get_json()["detail"]
    with at(app, NOON + timedelta(seconds=40)):
        assert calls(app, secret) == 200


def test_a_limit_holds_over_all_web_workers_once_they_have_written(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        wanted = KeyWanted("everywhere", ["analytics:read"], requests_per_minute=4)
        made = create_api_key(SHELL, wanted, now=NOON)
    workers = [rates._Calls(), rates._Calls()]

    def ask(worker: rates._Calls, *, times: int) -> list[int]:
        monkeypatch.setattr(rates, "_calls", worker)
        answers = [calls(app, made.key) for _ in range(times)]
        with app.app_context():
            rates.write()
        return answers

    with at(app, NOON):
        assert ask(workers[0], times=2) == [200, 200]
        # It has not heard of the others before it writes for the first time.
        assert ask(workers[1], times=1) == [200]
        assert ask(workers[1], times=2) == [200, 429]
        assert ask(workers[0], times=1) == [200]
        assert ask(workers[0], times=1) == [429]
    with app.app_context():
        with db.snapshot() as connection:
            shown = {row.api_key_id: row.requests_last_hour for row in api_keys.all(connection, now=NOON)}
        assert shown[made.api_key_id] == 7
        assert clear_old_records(now=NOON + timedelta(days=3)) >= 1


def test_another_key_is_not_slowed_by_an_eager_one_and_a_session_not_at_all(app: Flask, olga: FlaskClient) -> None:
    with app.app_context():
        wanted = KeyWanted("eager", ["analytics:read"], requests_per_minute=1)
        eager = create_api_key(SHELL, wanted, now=NOON).key
    calm, _ = key(app, "analytics:read")
    with at(app, NOON):
        assert [calls(app, eager), calls(app, eager), calls(app, calm)] == [200, 429, 200]
    assert "RateLimit" not in olga.get(MARGINS).headers


def test_a_key_without_a_limit_of_its_own_has_that_of_the_setting(app: Flask, olga: FlaskClient) -> None:
    secret, _ = key(app, "analytics:read")
    address = "/control/settings/api_key_requests_per_minute"
    olga.post(address, data={"value": "2", "csrf_token": csrf_of(olga)})
    with at(app, NOON):
        assert [calls(app, secret) for _ in range(3)] == [200, 200, 429]
    olga.post(address, data={"value": "60000", "csrf_token": csrf_of(olga)})


def test_a_rate_never_shows_less_than_nothing_left() -> None:
    assert Rate(5, 9, 12).headers["RateLimit"] == '"minute";r=0;t=12'
    assert "Retry-After" not in Rate(5, 5, 12).headers
