"""Signing in and out: what works, what is refused, and what a stranger may learn."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboard import db
from dashboard.access.sessions import COOKIE, SECURE_COOKIE
from dashboard.actions.credentials import hash_password
from dashboard.engine.sign_in import IDLE, LIFETIME
from dashboard.store.audit import AuditLog
from dashboard.store.operators import Operator, OperatorSession
from tests.cast import AUD, FIONA, PASSWORD, SAM, Person, at, browser, csrf_of, hire, session_of, signed_in

NOON = datetime(2026, 11, 20, 12, 1, tzinfo=UTC)
REFUSED = "That address and password do not belong together"


@pytest.fixture(autouse=True)
def noon(app: Flask) -> Iterator[None]:
    with at(app, NOON):
        yield


def tries(client: FlaskClient, email: str, password: str, address: str = "192.0.2.1", **more: str) -> tuple[int, str]:
    form = {"email": email, "password": password, "csrf_token": csrf_of(client), **more}
    response = client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": address})
    return response.status_code, response.headers.get("Location") or response.text


def opens(client: FlaskClient) -> int:
    return client.get("/preferences").status_code


def newcomer(app: Flask, name: str, **facts: object) -> Person:
    person = Person(name, "finance")
    hire(app, person, **facts)  # type: ignore[arg-type]  # two facts of different kinds
    return person


def test_fiona_signs_in_and_comes_to_where_she_wanted(app: Flask) -> None:
    hire(app, FIONA)
    client = app.test_client()
    assert tries(client, " Fiona@Example.com ", PASSWORD, next="/preferences?a=1") == (303, "/preferences?a=1")
    assert opens(client) == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "evil",
        "",
        "/a\nb",
        "javascript:alert(1)",
        "/sign-in?next=/x",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(app: Flask, elsewhere: str) -> None:
    person = newcomer(app, f"Next{abs(hash(elsewhere))}")
    assert tries(app.test_client(), person.email, PASSWORD, next=elsewhere) == (303, "/")


def test_a_wrong_password_an_unknown_address_and_a_disabled_account_read_alike(app: Flask) -> None:
    hire(app, AUD)
    disabled = newcomer(app, "Dora", status="disabled")
    answers = {
        tries(browser(app), email, password)[1].split("</p>")[0].split("role=")[1]
        for email, password in (
            (AUD.email, "not her password"),
            ("nobody@example.com", PASSWORD),
            (disabled.email, PASSWORD),
        )
    }
    assert len(answers) == 1
    assert REFUSED in answers.pop()


def test_a_demo_account_cannot_sign_in_without_the_demo_and_is_told_no_more(app: Flask) -> None:
    person = newcomer(app, "Demi", is_demo=True)
    status, page = tries(app.test_client(), person.email, PASSWORD)
    assert status == 422
    assert REFUSED in page
    assert "demo" not in page.split("<main")[1]


def test_a_demo_session_ends_with_the_demo(app: Flask) -> None:
    client = browser(app, session_of(app, hire(app, Person("Dan", "finance"), is_demo=True), began=NOON))
    assert opens(client) == 303


def test_an_unknown_address_costs_as_much_work_as_a_known_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = hire(app, AUD)
    with app.app_context(), db.transaction() as session:
        session.get_one(Operator, actor.operator_id).password_hash = hash_password(PASSWORD)
    compared: list[str] = []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, kept: str, given: str) -> bool:
        compared.append(kept)
        return verify(hasher, kept, given)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    tries(app.test_client(), "nobody-at-all@example.com", "some password", "192.0.2.77")
    tries(app.test_client(), AUD.email, "some password", "192.0.2.77")
    assert len(compared) == 2
    assert compared[0].split("$")[:4] == compared[1].split("$")[:4]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask) -> None:
    person = newcomer(app, "Cora")
    client = app.test_client()
    form = {"email": person.email, "password": PASSWORD, "csrf_token": csrf_of(client)}
    set_cookies = client.post("/sign-in", data=form).headers.getlist("Set-Cookie")
    cookie = next(line for line in set_cookies if line.startswith(f"{COOKIE}="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_over_https_the_cookie_is_bound_to_this_host(app: Flask) -> None:
    person = newcomer(app, "Hanna")
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    form = {"email": person.email, "password": PASSWORD, "csrf_token": token[1]}
    response = client.post(
        "/sign-in", data=form, base_url="https://localhost", headers={"Referer": "https://localhost/sign-in"}
    )
    cookies = [*page.headers.getlist("Set-Cookie"), *response.headers.getlist("Set-Cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} == {SECURE_COOKIE, "__Host-ledgerline_form"}
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "max-age" in response.headers["Strict-Transport-Security"]


def test_only_a_hash_of_the_token_is_kept(app: Flask) -> None:
    token = session_of(app, hire(app, FIONA))
    with app.app_context(), db.transaction() as session:
        kept = session.scalars(select(OperatorSession.token_sha256)).all()
    assert token.encode() not in kept
    assert all(len(one) == 32 for one in kept)
    assert len(token) >= 43


def test_signing_in_again_gives_a_new_session_and_ends_the_old_one(app: Flask) -> None:
    person = newcomer(app, "Rita")
    old = session_of(app, hire(app, person), began=NOON)
    client = browser(app, old)
    assert tries(client, person.email, PASSWORD)[0] == 303
    assert opens(client) == 200
    assert opens(browser(app, old)) == 303


def test_a_planted_session_is_never_taken_over(app: Flask) -> None:
    person = newcomer(app, "Petra")
    client = browser(app, "chosen-by-a-stranger")
    assert tries(client, person.email, PASSWORD)[0] == 303
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.value != "chosen-by-a-stranger"


def test_signing_out_ends_the_session_for_good(app: Flask) -> None:
    token = session_of(app, hire(app, SAM), began=NOON)
    client = browser(app, token)
    response = client.post("/sign-out", data={"csrf_token": csrf_of(client)})
    assert response.headers["Location"] == "/sign-in"
    assert opens(browser(app, token)) == 303


def test_a_session_ends_when_it_is_left_alone_or_too_old(app: Flask) -> None:
    client = browser(app, session_of(app, hire(app, SAM), began=NOON))
    with at(app, NOON + IDLE - timedelta(minutes=1)):
        assert opens(client) == 200
    with at(app, NOON + IDLE + timedelta(minutes=30)):
        assert opens(client) == 200
    with at(app, NOON + IDLE * 3):
        assert opens(client) == 303
    kept_busy = browser(app, session_of(app, hire(app, SAM), began=NOON))
    for minutes in range(0, int(LIFETIME.total_seconds() // 60), 90):
        with at(app, NOON + timedelta(minutes=minutes)):
            assert opens(kept_busy) == 200
    with at(app, NOON + LIFETIME + timedelta(seconds=1)):
        assert opens(kept_busy) == 303


def test_a_disabled_person_is_out_at_their_next_request(app: Flask) -> None:
    actor = hire(app, Person("Dirk", "finance"))
    client = browser(app, session_of(app, actor, began=NOON))
    assert opens(client) == 200
    with app.app_context(), db.transaction() as session:
        session.get_one(Operator, actor.operator_id).status = "disabled"
    assert opens(client) == 303


def test_a_new_role_counts_at_the_next_request(app: Flask) -> None:
    actor = hire(app, Person("Rolf", "owner"))
    client = browser(app, session_of(app, actor, began=NOON))
    assert client.get("/control/settings").status_code == 200
    with app.app_context(), db.transaction() as session:
        session.get_one(Operator, actor.operator_id).role = "support"
    assert client.get("/control/settings").status_code == 403


def test_a_weaker_hash_is_made_anew_when_its_owner_signs_in(app: Flask) -> None:
    actor = hire(app, Person("Wera", "finance"))
    with app.app_context(), db.transaction() as session:
        operator = session.get_one(Operator, actor.operator_id)
        operator.password_hash = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    assert tries(app.test_client(), "wera@example.com", PASSWORD)[0] == 303
    with app.app_context(), db.transaction() as session:
        kept = session.get_one(Operator, actor.operator_id).password_hash
    assert kept is not None
    assert not PasswordHasher().check_needs_rehash(kept)


def test_tries_and_refusals_are_written_down_without_the_password(app: Flask) -> None:
    actor = hire(app, Person("Zita", "finance"))
    tries(app.test_client(), "zita@example.com", "my-secret-typed-in-haste")
    tries(app.test_client(), "zita@example.com", PASSWORD)
    with app.app_context(), db.transaction() as session:
        mine = AuditLog.object_id == str(actor.operator_id)
        lines = session.scalars(select(AuditLog).where(mine).order_by(AuditLog.id)).all()
    assert [line.verb for line in lines] == ["refuse_sign_in", "sign_in"]
    assert not any("secret" in str(vars(line)) or PASSWORD in str(vars(line)) for line in lines)


def test_somebody_signed_in_is_not_asked_again(app: Flask) -> None:
    with at(app, datetime.now(UTC)):
        response = signed_in(app, FIONA).get("/sign-in?next=/control/audit-log")
    assert (response.status_code, response.headers["Location"]) == (303, "/control/audit-log")
