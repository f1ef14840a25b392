"""Who may not decide, and what can no longer be decided: each is told, and nothing changes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.actions.reverse_entry import ReversalWanted, Reversed, reverse_entry
from tests.books import ADA, Story
from tests.cast import ADAM, ANNA, AUD, FIONA, OLGA, SAM, Person, at, browser, csrf_of, hire, session_of, signed_in
from tests.pages.support.deciding import ADAM_AT_HOME, INBOX, asks, balance, decides, played, reads, seen, wants_back
from tests.unchanged import unchanged


@pytest.fixture(scope="module")
def desk(app: Flask) -> Story:
    return played(app)


@pytest.fixture(scope="module")
def anna(app: Flask, desk: Story) -> FlaskClient:
    """Anna, another admin, who decides what others ask for."""
    return signed_in(app, ANNA)


def test_whoever_asked_may_not_decide_neither_as_themselves_nor_under_another_account(app: Flask, desk: Story) -> None:
    request_id = asks(app, ADAM, 600_000)
    adam, other = hire(app, ADAM), hire(app, ADAM_AT_HOME)
    with app.app_context(), db.owner_connection() as owner:
        same = text("update operator set person_id = :person where id = :account")
        owner.execute(same, {"person": adam.person_id, "account": other.operator_id})
    for account in (adam, other):
        client = browser(app, session_of(app, account))
        page = reads(client, f"/{request_id}")
        assert "You asked for it, so it takes another person." in page
        assert "Approve: grant" not in page
        for how in ("approval", "rejection"):
            with unchanged(app):
                status, answer = decides(client, request_id, how, reason="I am sure")
            assert status == 403
            assert "Whoever asked cannot decide: it takes another person. Nothing was changed." in answer


@pytest.mark.parametrize("person", [SAM, FIONA, AUD], ids=lambda person: person.role)
def test_support_finance_and_auditors_decide_nothing(app: Flask, desk: Story, person: Person) -> None:
    request_id = asks(app, ADAM, 600_000)
    client = signed_in(app, person)
    page = reads(client, f"/{request_id}")
    assert "Only an admin or an owner decides this." in page
    assert 'name="seen"' not in page
    for how in ("approval", "rejection"):
        with unchanged(app):
            status, answer = decides(client, request_id, how, reason="please")
        assert status == 403
        assert "Nothing was changed" in answer


def test_a_signed_out_browser_reads_and_decides_nothing(app: Flask, desk: Story) -> None:
    request_id = asks(app)
    client = browser(app)
    assert client.get(f"{INBOX}/{request_id}").status_code == 303
    with unchanged(app):
        assert decides(client, request_id)[0] == 303


def test_after_24_hours_it_has_expired_and_says_so(app: Flask, desk: Story) -> None:
    request_id = asks(app)
    later = datetime.now(UTC) + timedelta(hours=24, minutes=1)
    with at(app, later):
        anna = browser(app, session_of(app, hire(app, ANNA), began=later))
        page = reads(anna, f"/{request_id}")
        assert "Nobody decided it in time and nothing was done." in page
        assert 'name="seen"' not in page
        assert str(request_id) not in reads(anna)
        assert str(request_id) in reads(anna, "?show=decided")
        with unchanged(app):
            status, answer = decides(anna, request_id)
    assert status == 422
    assert "after 24 hours; ask anew. Nothing was changed." in answer


def test_what_was_decided_already_is_not_decided_again(app: Flask, anna: FlaskClient) -> None:
    request_id = asks(app)
    assert decides(anna, request_id, "rejection", reason="Not agreed")[0] == 303
    olga = signed_in(app, OLGA)
    for how in ("approval", "rejection"):
        with unchanged(app):
            status, answer = decides(olga, request_id, how, reason="still")
        assert status == 422
        assert "This request was rejected already. Nothing was changed." in answer


def test_an_entry_given_back_in_between_is_seen_and_the_approval_refused(app: Flask, anna: FlaskClient) -> None:
    request_id = wants_back(app, 2)
    sam = signed_in(app, SAM)
    page = reads(anna, f"/{request_id}")
    assert "Approve: reverse 60,000 credits" in page
    for figure in ("Balance, credits", "List revenue", "Vendor cost, stays", "List margin", "Realised margin"):
        assert figure in page, figure
    assert "A reversal cannot be reversed." in page
    with app.app_context():
        part = ReversalWanted(ADA.user_id, "goodwill", seq=2, credits=Decimal(10))
        assert isinstance(reverse_entry(hire(app, ADAM), part, now=datetime.now(UTC)), Reversed)
    page = reads(anna, f"/{request_id}")
    assert "Credits of this entry were given back since it was asked" in page
    assert "Approve: reverse" not in page
    with unchanged(app):
        status, answer = decides(anna, request_id)
    assert status == 422
    assert "Credits of this entry were given back since you looked" in answer
    assert "Nothing was changed." in answer
    assert "Pending" in reads(sam, f"/{request_id}")


def test_an_approval_of_something_else_than_was_shown_is_refused(app: Flask, anna: FlaskClient) -> None:
    request_id = asks(app)
    for shown in ("0" * 64, "", "x"):
        with unchanged(app):
            status, answer = decides(anna, request_id, seen=shown)
        assert status == 422
        assert "This is not what you were shown; look again. Nothing was changed." in answer


def test_of_two_who_decide_at_once_one_does_and_the_other_is_told(app: Flask, desk: Story) -> None:
    request_id = asks(app)
    before = balance(app)
    deciders = [signed_in(app, person) for person in (ANNA, OLGA)]
    tokens = [csrf_of(one) for one in deciders]
    shown, start = seen(app, request_id), Barrier(2)

    def decide(place: int) -> tuple[int, str]:
        start.wait()
        given = {"csrf_token": tokens[place], "seen": shown}
        response = deciders[place].post(f"{INBOX}/{request_id}/approval", data=given)
        return response.status_code, unescape(response.text)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(decide, range(2)))
    assert [status for status, _ in answers] == [303, 422]
    assert "This request was approved already. Nothing was changed." in answers[1][1]
    assert balance(app) == before + 90_000
    assert {law: found for law, found in desk.laws().items() if found} == {}
