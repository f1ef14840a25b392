"""Every route × every role × signed out, disabled, expired and API keys, against a reviewed table."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.wrappers import Response

from dashboard import db
from dashboard.actions.revoke_api_key import revoke_api_key
from dashboard.engine.actors import SHELL
from dashboard.engine.permissions import Scope
from dashboard.engine.sign_in import LIFETIME
from dashboard.store.operators import Operator
from tests.access.matrix import AUTOMATIC, Line, routes, table
from tests.cast import BY_ROLE, OLGA, PASSWORD, Person, browser, csrf_of, hire, key, session_of, signed_in

LINES = table()
NAMES = [f"{line.method} {line.rule}" for line in LINES]
UNSAFE = [line for line in LINES if line.method != "GET" and not line.scope]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://localhost/finance/margins?from=2026-01-01"}

every_line = pytest.mark.parametrize("line", LINES, ids=NAMES)
every_form = pytest.mark.parametrize("line", UNSAFE, ids=[f"{line.method} {line.rule}" for line in UNSAFE])


@pytest.fixture(scope="module")
def browsers(app: Flask) -> dict[str, FlaskClient]:
    return {role: signed_in(app, person) for role, person in BY_ROLE.items()}


@pytest.fixture(scope="module")
def outsiders(app: Flask) -> dict[str, FlaskClient]:
    """Nobody, a person who was disabled, and one whose session is over."""
    dora = hire(app, Person("Dora", "owner"))
    disabled = browser(app, session_of(app, dora))
    with app.app_context(), db.transaction() as session:
        session.get_one(Operator, dora.operator_id).status = "disabled"
    expired = browser(app, session_of(app, hire(app, OLGA), began=datetime.now(UTC) - LIFETIME))
    return {"signed out": browser(app), "disabled": disabled, "expired": expired}


@pytest.fixture(scope="module")
def keys(app: Flask) -> dict[str, str]:
    """A key of each scope, one that was revoked and one that has expired."""
    made = {scope.value: key(app, scope)[0] for scope in Scope}
    revoked, revoked_id = key(app, *Scope)
    with app.app_context():
        revoke_api_key(SHELL, revoked_id, now=datetime.now(UTC))
    expired, expired_id = key(app, *Scope, lives=timedelta(days=1))
    with app.app_context(), db.transaction() as session:
        sql = "update api_key set expires_at = now() - interval '1 second' where id = :id"
        session.execute(text(sql), {"id": expired_id})
    return {**made, "revoked": revoked, "expired": expired}


def asks(client: FlaskClient, line: Line, **headers: str) -> Response:
    """Use the route without the form's token: who is let in gets as far as that."""
    with client.open(line.path, method=line.method, headers=headers) as response:
        response.get_data()
        return response


def let_in(response: Response) -> bool:
    to_sign_in = response.headers.get("Location", "").startswith("/sign-in")
    return response.status_code not in {401, 403} and response.status_code < 500 and not to_sign_in


def test_the_table_and_the_app_name_the_same_routes(app: Flask) -> None:
    written = [(line.method, line.rule) for line in LINES]
    assert len(written) == len(set(written))
    assert set(written) == routes(app)


@every_line
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_each_role_gets_in_where_the_table_says_so(
    browsers: dict[str, FlaskClient], line: Line, headers: dict[str, str]
) -> None:
    for role, client in browsers.items():
        response = asks(client, line, **headers)
        assert let_in(response) is (role in line.roles), f"{role}: {response.status_code}"
        if role not in line.roles:
            assert response.status_code == (401 if line.scope and not line.roles else 403)
            assert b"Nothing was changed" in response.data
        elif line.method != "GET" and not line.scope:
            assert response.status_code == 400, "a form without its token changes nothing"


@every_line
@pytest.mark.parametrize("who", ["signed out", "disabled", "expired"])
def test_nobody_else_gets_in(outsiders: dict[str, FlaskClient], line: Line, who: str) -> None:
    page, region = asks(outsiders[who], line), asks(outsiders[who], line, **HTMX)
    if line.anybody:
        assert let_in(page)
        assert let_in(region)
    elif line.scope:
        assert (page.status_code, region.status_code) == (401, 401)
        assert page.content_type == "application/problem+json"
    else:
        assert page.status_code == 303
        assert page.headers["Location"].startswith("/sign-in")
        assert region.status_code == 401
        assert region.headers["HX-Redirect"] == "/sign-in?next=%2Ffinance%2Fmargins%3Ffrom%3D2026-01-01"
        assert not region.data


@every_line
def test_a_key_gets_in_with_the_right_scope_alone(app: Flask, keys: dict[str, str], line: Line) -> None:
    for kind, secret in keys.items():
        response = asks(browser(app), line, Authorization=f"Bearer {secret}")
        expected = line.anybody or kind == line.scope
        assert let_in(response) is expected, f"{kind}: {response.status_code}"
        if line.scope and not expected:
            assert response.status_code == (401 if kind in {"revoked", "expired"} else 403)
            assert response.content_type == "application/problem+json"


@every_line
def test_verbs_that_are_not_listed_do_nothing(
    app: Flask, browsers: dict[str, FlaskClient], outsiders: dict[str, FlaskClient], line: Line
) -> None:
    listed = {method for method, rule in routes(app) if rule == line.rule}
    for client in (browsers["owner"], outsiders["signed out"]):
        for verb in {"POST", "PUT", "PATCH", "DELETE", "TRACE"} - listed:
            with client.open(line.path, method=verb) as response:
                assert response.status_code == 405, verb
    if line.method == "GET" and not line.anybody:
        for verb in AUTOMATIC:
            with outsiders["signed out"].open(line.path, method=verb) as response:
                assert not let_in(response), verb


def written(app: Flask) -> list[int]:
    """How much the tables hold that forms could change."""
    tables = ("operator", "operator_session", "operator_invitation", "api_key", "setting", "audit_log", "throttle")
    with app.app_context(), db.snapshot() as connection:
        return [connection.execute(text(f"select count(*) from {name}")).scalar_one() for name in tables]


def forged(client: FlaskClient, own: str, others: str, path: str, method: str) -> Iterator[Response]:
    """Ways to send a form in somebody's name from elsewhere, or with a token that is not theirs."""
    yield client.open(path, method=method)
    yield client.open(path, method=method, data={"csrf_token": "wrong"})
    yield client.open(path, method=method, data={"csrf_token": others})
    yield client.open(path, method=method, headers={"X-CSRFToken": others})
    yield client.open(path, method=method, query_string={"csrf_token": own})
    yield client.open(path, method=method, data=f"csrf_token={own}", content_type="text/plain")
    yield client.open(path, method=method, json={"csrf_token": own})
    for site in ("cross-site", "same-site"):
        yield client.open(path, method=method, data={"csrf_token": own}, headers={"Sec-Fetch-Site": site})


@every_form
def test_a_form_sent_from_elsewhere_changes_nothing(app: Flask, browsers: dict[str, FlaskClient], line: Line) -> None:
    pairs = (("owner", "admin"), ("admin", "support"), ("finance", "support"))
    one, other = (browsers[role] for role in next(pair for pair in pairs if pair[0] in line.roles))
    before = written(app)
    for response in forged(one, csrf_of(one), csrf_of(other), line.path, line.method):
        assert response.status_code == 400
        assert b"Nothing was changed" in response.data
    assert written(app) == before


def test_a_token_of_before_signing_in_is_worth_nothing_after_it(app: Flask) -> None:
    hire(app, OLGA)
    client = browser(app)
    old = csrf_of(client)
    client.post("/sign-in", data={"email": OLGA.email, "password": PASSWORD, "csrf_token": old})
    assert client.get("/preferences").status_code == 200
    assert client.post("/sign-out", data={"csrf_token": old}).status_code == 400
    assert client.post("/sign-out", data={}, headers={"X-CSRFToken": csrf_of(client)}).status_code == 303


def test_a_key_is_worth_nothing_as_a_cookie_and_a_session_nothing_as_a_key(app: Flask, keys: dict[str, str]) -> None:
    token = session_of(app, hire(app, OLGA))
    assert browser(app, keys["analytics:read"]).get("/preferences").status_code == 303
    answer = browser(app).get("/api/v1/analytics/margins", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
