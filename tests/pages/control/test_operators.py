"""Control → Operators: what an owner sees and does there, and what is refused."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from tests.cast import AUD, OLGA, Person, browser, csrf_of, hire, session_of, signed_in


@pytest.fixture
def olga(app: Flask) -> FlaskClient:
    return signed_in(app, OLGA)


def sends(client: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    response = client.post(f"/control/operators{path}", data={"csrf_token": csrf_of(client), **form})
    return response.status_code, response.text


def lines_about(app: Flask, operator_id: UUID | None) -> list[str]:
    with app.app_context(), db.snapshot() as connection:
        sql = "select verb from audit_log where object_id = :id order by id"
        return list(connection.execute(text(sql), {"id": str(operator_id)}).scalars())


def test_an_auditor_sees_the_list_and_no_button(app: Flask) -> None:
    page = signed_in(app, AUD).get("/control/operators").text
    assert "Aud" in page
    assert "Only an owner changes operators." in page
    assert "Make an invitation" not in page


def test_olga_invites_somebody_and_sees_the_link_once(app: Flask, olga: FlaskClient) -> None:
    asked = {"email": "ines@example.com", "name": "Ines", "role": "support", "person_email": ""}
    status, page = sends(olga, "", **asked)
    link = re.search(r"readonly>http://localhost(/invitations/[^<]+)<", page)
    assert status == 201
    assert link
    assert browser(app).get(link[1]).status_code == 200
    assert link[1] not in olga.get("/control/operators").text
    assert "Invited" in olga.get("/control/operators").text


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"email": "nonsense"}, "This is not an e-mail address"),
        ({"name": ""}, "Give a name"),
        ({"role": "king"}, "Choose one of the roles"),
        ({"email": "OLGA@example.com"}, "with this address already"),
        ({"person_email": "who@example.com"}, "There is no operator with this address"),
    ],
)
def test_a_refused_invitation_keeps_what_was_typed(olga: FlaskClient, asked: dict[str, str], reason: str) -> None:
    status, page = sends(
        olga, "", **{"email": "jo@example.com", "name": "Jo", "role": "admin", "person_email": "", **asked}
    )
    assert status == 422
    assert reason in page
    assert "Nothing was changed" in page
    assert (asked.get("email") or "jo@example.com") in page
    assert "jo@example.com" not in olga.get("/control/operators").text


def test_olga_changes_a_role_ends_sessions_disables_and_enables(app: Flask, olga: FlaskClient) -> None:
    actor = hire(app, Person("Kim", "support"))
    kim = browser(app, session_of(app, actor))
    where = f"/{actor.operator_id}"
    assert sends(olga, f"{where}/role", role="finance")[0] == 303
    assert kim.get("/finance/margins").status_code == 200
    assert sends(olga, f"{where}/end-of-sessions")[0] == 303
    assert kim.get("/preferences").status_code == 303
    assert sends(olga, f"{where}/disabling", reason="left the company")[0] == 303
    page = olga.get(f"/control/operators{where}").text
    assert "Disabled" in page
    assert "Enable Kim" in page
    assert sends(olga, f"{where}/enabling")[0] == 303
    assert sends(olga, f"{where}/enabling")[0] == 303
    assert "It was so already. Nothing was changed." in olga.get(f"/control/operators{where}").text
    acts = ["change_role", "end_sessions", "disable_operator", "enable_operator"]
    assert lines_about(app, actor.operator_id) == acts


def test_olga_cannot_disable_herself(app: Flask, olga: FlaskClient) -> None:
    status, page = sends(olga, f"/{hire(app, OLGA).operator_id}/disabling", reason="")
    assert status == 422
    assert "the only owner" in page
    assert "Nothing was changed" in page


def test_a_new_link_is_shown_for_support_and_refused_for_an_owner(app: Flask, olga: FlaskClient) -> None:
    lou = hire(app, Person("Lou", "support"))
    assert sends(olga, f"/{lou.operator_id}/invitation")[0] == 201
    status, page = sends(olga, f"/{hire(app, OLGA).operator_id}/invitation")
    assert (status, "changed by its owner" in page) == (422, True)


def test_an_operator_that_is_not_there_is_not_found(olga: FlaskClient) -> None:
    nobody = "/00000000-0000-4000-8000-000000000000"
    assert olga.get(f"/control/operators{nobody}").status_code == 404
    for act in ("role", "invitation", "end-of-sessions", "disabling", "enabling"):
        assert sends(olga, f"{nobody}/{act}", role="finance")[0] == 404


def test_names_are_shown_as_text_never_as_markup(app: Flask, olga: FlaskClient) -> None:
    hire(app, Person("<b>Max</b>", "support"))
    page = olga.get("/control/operators").text
    assert "&lt;b&gt;Max&lt;/b&gt;" in page
    assert "<b>Max" not in page


def test_a_link_that_is_over_says_so(app: Flask, olga: FlaskClient) -> None:
    sends(olga, "", email="tim@example.com", name="Tim", role="support", person_email="")
    with app.app_context(), db.transaction() as session:
        session.execute(text("update operator_invitation set expires_at = :now"), {"now": datetime.now(UTC)})
    assert "Link is over" in olga.get("/control/operators").text
