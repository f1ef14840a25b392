"""The commands: who gets in from the shell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from click.testing import Result
from flask import Flask

from dashboard import db
from dashboard.actions.add_demo_operators import PASSWORD as DEMO_PASSWORD
from dashboard.actions.add_demo_operators import add_demo_operators
from dashboard.reports.operators import operators
from tests.cast import browser, csrf_of

NEW = "three green boats at dawn"


def run(app: Flask, *arguments: str, given: str = "") -> Result:
    return app.test_cli_runner().invoke(args=arguments, input=given)


def signs_in(app: Flask, email: str, password: str) -> int:
    client = browser(app)
    form = {"email": email, "password": password, "csrf_token": csrf_of(client)}
    return client.post("/sign-in", data=form).status_code


def test_an_operator_added_from_the_shell_signs_in(app: Flask) -> None:
    added = run(
        app,
        "operator",
        "add",
        "gus@example.com",
        "--name",
        "Gus",
        "--role",
        "owner",
        "--password-stdin",
        given=f"{NEW}\n",
    )
    assert added.stdout == "gus@example.com can sign in as owner.\n"
    assert signs_in(app, "gus@example.com", NEW) == 303


def test_the_password_is_asked_for_twice_and_never_shown(app: Flask) -> None:
    arguments = ("operator", "add", "gwen@example.com", "--name", "Gwen", "--role", "finance")
    added = run(app, *arguments, given=f"{NEW}\n{NEW}\n")
    assert added.exit_code == 0
    assert NEW not in added.output


@pytest.mark.parametrize(
    ("email", "name", "password", "reason"),
    [
        ("not-an-address", "Gil", NEW, "not an e-mail address"),
        ("gil@example.com", " ", NEW, "Give a name"),
        ("gil@example.com", "Gil", "short", "at least 12"),
        ("GUS@example.com", "Gil", NEW, "already"),
    ],
)
def test_what_cannot_be_added_is_refused_in_a_sentence(
    app: Flask, email: str, name: str, password: str, reason: str
) -> None:
    run(
        app,
        "operator",
        "add",
        "gus@example.com",
        "--name",
        "Gus",
        "--role",
        "owner",
        "--password-stdin",
        given=f"{NEW}\n",
    )
    refused = run(
        app, "operator", "add", email, "--name", name, "--role", "finance", "--password-stdin", given=f"{password}\n"
    )
    assert refused.exit_code == 1
    assert reason in refused.stderr
    assert "othing was changed" in refused.stderr


def test_two_accounts_of_one_human_share_a_person(app: Flask) -> None:
    for email, more in (("ada@example.com", ()), ("ada.too@example.com", ("--person", "ADA@example.com"))):
        added = run(
            app,
            "operator",
            "add",
            email,
            "--name",
            "Ada",
            "--role",
            "admin",
            *more,
            "--password-stdin",
            given=f"{NEW}\n",
        )
        assert added.exit_code == 0
    with app.app_context(), db.snapshot() as connection:
        rows = operators.all(connection, now=datetime.now(UTC), idle_since=datetime.now(UTC))
    assert len({row.person_id for row in rows if row.name == "Ada"}) == 1
    stranger = run(
        app, "operator", "invite", "x@example.com", "--name", "X", "--role", "admin", "--person", "no@example.com"
    )
    assert "There is no operator with this address" in stranger.stderr


def test_an_invitation_from_the_shell_ends_with_its_link(app: Flask) -> None:
    made = run(app, "operator", "invite", "hal@example.com", "--name", "Hal", "--role", "support")
    assert "/invitations/" in made.stdout.splitlines()[-1]
    again = run(app, "operator", "invite", "hal@example.com")
    assert again.stdout.splitlines()[-1] != made.stdout.splitlines()[-1]
    unknown = run(app, "operator", "invite", "ida@example.com")
    assert unknown.exit_code == 2
    assert "give --name and --role" in unknown.stderr


def test_the_last_line_of_a_new_key_is_the_key_and_it_works_until_it_is_revoked(app: Flask) -> None:
    made = run(app, "api-key", "create", "--name", "Export", "--scope", "analytics:read", "--scope", "usage:write")
    secret = made.stdout.splitlines()[-1]
    headers = {"Authorization": f"Bearer {secret}"}
    address = "/api/v1/analytics/margins?from=2026-01-01&to=2026-01-02&group_by=day"
    assert browser(app).get(address, headers=headers).status_code == 200
    listed = run(app, "api-key", "list").stdout
    assert "Export" in listed
    assert secret not in listed
    assert run(app, "api-key", "revoke", "Export").exit_code == 0
    assert browser(app).get(address, headers=headers).status_code == 401
    assert "nothing was changed" in run(app, "api-key", "revoke", "Export").stderr


def test_a_key_of_an_unknown_scope_is_not_made(app: Flask) -> None:
    refused = run(app, "api-key", "create", "--name", "Export", "--scope", "everything")
    assert refused.exit_code == 2
    assert "analytics:read" in refused.stderr


def test_demo_accounts_come_once_and_get_in_only_in_demo_mode(app: Flask) -> None:
    with app.app_context():
        assert add_demo_operators(now=datetime.now(UTC)) == 6
        assert add_demo_operators(now=datetime.now(UTC)) == 0
    assert signs_in(app, "finance@ledgerline.test", DEMO_PASSWORD) == 422
    settings = app.config["LEDGERLINE"]
    app.config["LEDGERLINE"] = replace(settings, demo=True)
    assert signs_in(app, "finance@ledgerline.test", DEMO_PASSWORD) == 303
    app.config["LEDGERLINE"] = settings
