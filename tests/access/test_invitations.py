"""Getting in by a one-time link."""

from datetime import UTC, datetime, timedelta

from flask import Flask

from dashboard.actions.disable_operator import disable_operator
from dashboard.actions.invite_again import invite_again
from dashboard.actions.invite_operator import invite_operator
from dashboard.engine.actors import SHELL
from dashboard.engine.sign_in import INVITATION_LIFETIME
from tests.cast import PASSWORD, Person, at, browser, csrf_of, hire, session_of

NEW = "three green boats at dawn"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def invited(app: Flask, name: str) -> str:
    with app.app_context():
        return invite_operator(SHELL, email=f"{name}@example.com", name=name, role="finance", now=NOON)


def accepts(app: Flask, token: str, password: str = NEW, again: str | None = None) -> tuple[int, str]:
    client = browser(app)
    form = {"password": password, "again": again or password, "csrf_token": csrf_of(client)}
    response = client.post(f"/invitations/{token}", data=form)
    return response.status_code, response.text


def test_nora_sets_her_password_by_her_link_and_is_in(app: Flask) -> None:
    token = invited(app, "Nora")
    with at(app, NOON):
        client = browser(app)
        assert "Welcome, Nora" in client.get(f"/invitations/{token}").text
        form = {"password": NEW, "again": NEW, "csrf_token": csrf_of(client)}
        assert client.post(f"/invitations/{token}", data=form).headers["Location"] == "/"
        assert client.get("/finance/margins").status_code == 200


def test_a_link_works_once(app: Flask) -> None:
    token = invited(app, "Nils")
    with at(app, NOON):
        assert accepts(app, token)[0] == 303
        status, page = accepts(app, token, "another password")
        assert status == 410
        assert "used already" in page
        assert browser(app).get(f"/invitations/{token}").status_code == 410


def test_looking_at_a_link_or_mistyping_does_not_use_it_up(app: Flask) -> None:
    token = invited(app, "Nadia")
    with at(app, NOON):
        assert browser(app).get(f"/invitations/{token}").status_code == 200
        assert accepts(app, token, "short")[0] == 422
        status, page = accepts(app, token, NEW, "not the same")
        assert (status, "The two are not the same" in page) == (422, True)
        assert accepts(app, token)[0] == 303


def test_a_link_is_over_after_72_hours(app: Flask) -> None:
    token = invited(app, "Nuria")
    with at(app, NOON + INVITATION_LIFETIME):
        assert accepts(app, token)[0] == 410
    with at(app, NOON + INVITATION_LIFETIME - timedelta(seconds=1)):
        assert accepts(app, token)[0] == 303


def test_a_new_link_replaces_the_old_one_and_the_password_when_it_is_used(app: Flask) -> None:
    person = Person("Otto", "support")
    actor = hire(app, person)
    assert actor.operator_id is not None
    session = session_of(app, actor, began=NOON)
    with app.app_context():
        first, second = (invite_again(SHELL, actor.operator_id, now=NOON) for _ in range(2))
    with at(app, NOON):
        assert accepts(app, first)[0] == 410
        assert browser(app, session).get("/preferences").status_code == 200
        assert accepts(app, second)[0] == 303
        assert browser(app, session).get("/preferences").status_code == 303
        client = browser(app)
        form = {"email": person.email, "password": PASSWORD, "csrf_token": csrf_of(client)}
        assert client.post("/sign-in", data=form).status_code == 422


def test_a_link_of_somebody_disabled_is_worth_nothing(app: Flask) -> None:
    actor = hire(app, Person("Oda", "support"))
    assert actor.operator_id is not None
    with app.app_context():
        token = invite_again(SHELL, actor.operator_id, now=NOON)
        disable_operator(SHELL, actor.operator_id, now=NOON)
    with at(app, NOON):
        assert accepts(app, token)[0] == 410


def test_an_invented_link_says_no_more_than_an_old_one(app: Flask) -> None:
    assert accepts(app, "0" * 43)[0] == 410
    assert "does not work any more" in browser(app).get("/invitations/anything").text
