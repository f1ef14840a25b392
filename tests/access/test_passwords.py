"""Which passwords are taken, and how one's own is changed."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.engine.passwords import fault_of
from tests.cast import PASSWORD, Person, browser, csrf_of, hire, session_of, signed_in

NEW = "three green boats at dawn"


@pytest.mark.parametrize("password", ["twelve chars", "пароль из слов", "a" * 20 + "bcde", "x y z " * 21])
def test_long_passwords_of_any_characters_are_taken(password: str) -> None:
    assert fault_of(password, email="fiona@example.com", name="Fiona") is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "at least 12"),
        ("elevenchars", "at least 12"),
        ("x" * 129, "at most 128"),
        ("passwordpassword", "among the first"),
        ("ledgerline-demo", "among the first"),
        ("PasswordPassword", "among the first"),
        ("aaaaaaaaaaaaaaa", "among the first"),
        ("ababababababab", "among the first"),
        ("fiona.marsh@example.com", "your own address"),
    ],
)
def test_short_common_and_own_words_are_refused_with_the_reason(password: str, reason: str) -> None:
    assert reason in str(fault_of(password, email="Fiona.Marsh@example.com", name="Fiona Marsh"))


def change(client: FlaskClient, current: str, new: str, again: str | None = None) -> tuple[int, str]:
    form = {"current": current, "new": new, "again": new if again is None else again, "csrf_token": csrf_of(client)}
    response = client.post("/preferences/password", data=form)
    return response.status_code, response.text


def signs_in(app: Flask, person: Person, password: str) -> bool:
    client = browser(app)
    form = {"email": person.email, "password": password, "csrf_token": csrf_of(client)}
    return client.post("/sign-in", data=form).status_code == 303


def test_a_new_password_signs_every_other_browser_out_and_this_one_anew(app: Flask) -> None:
    person = Person("Carla", "finance")
    actor = hire(app, person)
    other, token = browser(app, session_of(app, actor)), session_of(app, actor)
    here = browser(app, token)
    assert change(here, PASSWORD, NEW)[0] == 303
    page = here.get("/preferences")
    assert page.status_code == 200
    assert "Every other browser has been signed out" in page.text
    assert other.get("/preferences").status_code == 303
    assert browser(app, token).get("/preferences").status_code == 303
    assert signs_in(app, person, NEW)
    assert not signs_in(app, person, PASSWORD)


@pytest.mark.parametrize(
    ("current", "new", "again", "reason"),
    [
        ("not my password", NEW, NEW, "This is not your password now."),
        (PASSWORD, "short", "short", "at least 12"),
        (PASSWORD, NEW, "something else", "The two are not the same"),
        (PASSWORD, PASSWORD, PASSWORD, "This is the password you have."),
    ],
)
def test_a_refused_change_leaves_the_password_as_it_was(
    app: Flask, current: str, new: str, again: str, reason: str
) -> None:
    person = Person("Cleo", "finance")
    client = signed_in(app, person)
    status, page = change(client, current, new, again)
    assert status == 422
    assert reason in page
    assert "Nothing was changed" in page
    assert client.get("/preferences").status_code == 200
    assert signs_in(app, person, PASSWORD)


def test_a_stolen_session_cannot_guess_the_password_for_ever(app: Flask) -> None:
    client = signed_in(app, Person("Cira", "finance"))
    statuses = [change(client, f"guess number {number}", NEW)[0] for number in range(12)]
    assert statuses[:10] == [422] * 10
    assert statuses[10:] == [429] * 2


def test_my_other_sessions_end_when_i_say_so_and_this_one_stays(app: Flask) -> None:
    actor = hire(app, Person("Cyd", "finance"))
    here, other = browser(app, session_of(app, actor)), browser(app, session_of(app, actor))
    assert "End the other session" in here.get("/preferences").text
    assert here.post("/preferences/end-of-sessions", data={"csrf_token": csrf_of(here)}).status_code == 303
    assert "1 other session ended" in here.get("/preferences").text
    assert other.get("/preferences").status_code == 303
