"""Support → Approvals: what one person asks for, another decides; whoever asked never does."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.actions.deduct_by_hand import deduct_by_hand
from dashboard.actions.grant_credits import grant_credits
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.actions.reverse_entry import ReversalWanted, Reversed, reverse_entry
from dashboard.engine.by_hand import DeductionOrder, GrantOrder
from tests.books import ADA, Story
from tests.cast import ADAM, ANNA, AUD, FIONA, OLGA, SAM, Person, at, browser, csrf_of, hire, session_of, signed_in
from tests.unchanged import unchanged

INBOX = "/support/approvals"
REGION = "support-approvals-whole"
ADAM_AT_HOME = Person("Adamo", "owner")


@pytest.fixture(scope="module")
def desk(app: Flask) -> Story:
    """Ada, who paid for 900,000 credits and used 90,000 of them in two requests."""
    return Story(app).play("""
        day 0: grant A 900000 for $900 paid
        day 1: use 60000
        day 1: use 30000
    """)


@pytest.fixture(scope="module")
def anna(app: Flask, desk: Story) -> FlaskClient:
    """Anna, another admin, who decides what others ask for."""
    return signed_in(app, ANNA)


def asks(app: Flask, person: Person = SAM, credits: int = 90_000, note: str | None = None) -> UUID:
    """Ask for more credits than the person may grant alone; return the request."""
    order = GrantOrder(ADA.user_id, uuid4(), Decimal(credits), "compensation")
    actor = hire(app, person)
    with app.app_context():
        waiting = grant_credits(actor, order, note=note, now=datetime.now(UTC))
    assert isinstance(waiting, AwaitsApproval)
    return waiting.request_id


def wants_back(app: Flask, seq: int) -> UUID:
    """Sam asks for all of an entry to be given back."""
    sam = hire(app, SAM)
    with app.app_context():
        waiting = reverse_entry(sam, ReversalWanted(ADA.user_id, "service_fault", seq=seq), now=datetime.now(UTC))
    assert isinstance(waiting, AwaitsApproval)
    return waiting.request_id


def reads(client: FlaskClient, path: str = "") -> str:
    response = client.get(f"{INBOX}{path}")
    assert response.status_code == 200
    return unescape(response.text)


def seen(app: Flask, request_id: UUID) -> str:
    """What a page that could be decided shows of the request."""
    with app.app_context(), db.snapshot() as connection:
        found = connection.execute(
            text("select payload_sha256 from approval_request where id = :id"), {"id": request_id}
        )
        return bytes(found.scalar_one()).hex()


def decides(client: FlaskClient, request_id: UUID, how: str = "approval", **form: str) -> tuple[int, str]:
    """Send the form; return what came of it."""
    given = {"csrf_token": csrf_of(client), "seen": seen(client.application, request_id), **form}
    response = client.post(f"{INBOX}/{request_id}/{how}", data=given)
    return response.status_code, unescape(response.text)


def balance(app: Flask) -> Decimal:
    with app.app_context(), db.snapshot() as connection:
        wanted = text("select amount from user_credit_balance where user_id = :user")
        return Decimal(connection.execute(wanted, {"user": ADA.user_id}).scalar_one())


def test_what_others_ask_waits_in_the_inbox_of_whoever_decides_and_is_counted_on_every_page(
    app: Flask, anna: FlaskClient
) -> None:
    request_id = asks(app)
    page = reads(anna)
    row = page[page.index(f'href="{INBOX}/{request_id}"') :].partition("</tr>")[0]
    for words in ("Credits to grant", "Pending", "Ada Byron", "90,000", "Sam", "above the limit of 50,000", "left"):
        assert words in row, words
    waiting = re.search(
        r'<small id="waiting-approvals">(\d+)<span class="vh"> waiting</span></small>', anna.get("/").text
    )
    assert waiting
    assert f"Waiting for me <small>{waiting[1]}</small>" in page
    assert f'href="{INBOX}/{request_id}"' in anna.get("/").text, "the Overview leads to it"


def test_whoever_asked_finds_it_among_their_own_and_never_as_theirs_to_decide(app: Flask, anna: FlaskClient) -> None:
    request_id = asks(app, ADAM, 600_000)
    adam = signed_in(app, ADAM)
    assert str(request_id) not in reads(adam)
    assert str(request_id) in reads(adam, "?show=mine")
    assert str(request_id) in reads(anna)
    sam = signed_in(app, SAM)
    assert "Waiting for me" not in reads(sam)
    assert '<small id="waiting-approvals" hidden>0<' in sam.get("/").text


def test_an_admin_reads_what_exactly_and_its_consequences_approves_it_and_it_is_carried_out(
    app: Flask, anna: FlaskClient
) -> None:
    before = balance(app)
    request_id = asks(app, note="Three days without answers")
    page = reads(anna, f"/{request_id}")
    for words in (
        "“Three days without answers”" if "“Three" in page else "<q>Three days without answers</q>",
        "To make up for something",
        "Sam, support",
        "above the limit of 50,000",
        f"{before:,.0f}",
        f"{before + 90_000:,.0f}",
        "$90.00 of list revenue and $0.00 of realised revenue",
        "Approve: grant 90,000 credits",
        "can decide it until",
    ):
        assert words in page, words
    assert decides(anna, request_id, reason="Agreed with their manager")[0] == 303
    assert balance(app) == before + 90_000
    after = reads(anna, f"/{request_id}")
    assert "Approved" in after
    assert "Agreed with their manager" in after
    carried_out = re.search(r'<a href="([^"]+)">Entry [\d,]+</a>, \+90,000 credits', after)
    assert carried_out
    assert re.search(r"Carried out as entry \d+", after)
    assert "Approve: grant" not in after
    receipt = anna.get(carried_out[1]).text
    assert f'<dt>Approved</dt><dd>by <a href="{INBOX}/{request_id}">Anna</a></dd>' in receipt


def test_the_page_swaps_in_what_it_became_without_a_reload(app: Flask, anna: FlaskClient) -> None:
    request_id = asks(app)
    given = {"csrf_token": csrf_of(anna), "seen": seen(app, request_id), "reason": "Not agreed"}
    headers = {"HX-Request": "true", "HX-Target": REGION}
    response = anna.post(f"{INBOX}/{request_id}/rejection", data=given, headers=headers)
    assert response.status_code == 200
    assert response.text.lstrip().startswith(f'<div id="{REGION}"')
    assert "<strong>Rejected.</strong>" in response.text
    assert re.search(r'<small id="waiting-approvals"[^>]* hx-swap-oob="true"', response.text), (
        "and how much still waits"
    )


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


def test_a_rejection_needs_a_reason_and_who_asked_reads_it(app: Flask, anna: FlaskClient) -> None:
    request_id = asks(app)
    with unchanged(app):
        for how in ("approval", "rejection"):
            assert decides(anna, request_id, how, reason="x" * 1001)[0] == 422
        status, answer = decides(anna, request_id, "rejection", reason="  ")
    assert status == 422
    assert "Say why, for the one who asked. Nothing was changed." in answer
    before = balance(app)
    assert decides(anna, request_id, "rejection", reason="The customer never asked")[0] == 303
    assert balance(app) == before
    assert "The customer never asked" in reads(signed_in(app, SAM), f"/{request_id}")


def test_only_whoever_asked_withdraws_it(app: Flask, anna: FlaskClient) -> None:
    request_id = asks(app)
    with unchanged(app):
        status, answer = decides(anna, request_id, "withdrawal")
    assert status == 403
    assert "Only whoever asked can withdraw a request. Nothing was changed." in answer
    sam = signed_in(app, SAM)
    assert "Withdraw this request" in reads(sam, f"/{request_id}")
    assert decides(sam, request_id, "withdrawal")[0] == 303
    assert "Sam withdrew it" in reads(anna, f"/{request_id}")
    with unchanged(app):
        assert decides(anna, request_id)[0] == 422


def test_a_deduction_beyond_what_can_be_spent_says_so_before_and_at_the_approval(app: Flask, anna: FlaskClient) -> None:
    with app.app_context():
        order = DeductionOrder(ADA.user_id, Decimal(90_000_000), "mistake")
        waiting = deduct_by_hand(hire(app, SAM), order, now=datetime.now(UTC))
    page = reads(anna, f"/{waiting.request_id}")
    assert "so this cannot be carried out now" in page
    assert "Approve: take" not in page
    with unchanged(app):
        status, answer = decides(anna, waiting.request_id)
    assert status == 422
    assert "90,000,000 cannot be taken. Nothing was changed." in answer


def test_where_nobody_else_may_decide_the_page_says_so(fresh_app: Flask) -> None:
    Story(fresh_app)
    request_id = asks(fresh_app, ADAM, 600_000)
    adam = signed_in(fresh_app, ADAM)
    page = reads(adam, f"/{request_id}")
    assert "No other admin or owner has an account" in page
    hire(fresh_app, Person("Dora", "owner"), status="disabled")
    assert "No other admin or owner has an account" in reads(adam, f"/{request_id}")
    hire(fresh_app, OLGA)
    assert "Olga (owner) can decide it until" in reads(adam, f"/{request_id}")
