"""Support → Approvals: what one person asks for, another decides; whoever asked never does."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.actions.deduct_by_hand import deduct_by_hand
from dashboard.engine.by_hand import DeductionOrder
from tests.books import ADA, Story
from tests.cast import ADAM, ANNA, OLGA, SAM, Person, csrf_of, hire, signed_in
from tests.pages.support.deciding import (
    INBOX,
    REGION,
    asks,
    balance,
    decides,
    played,
    reads,
    seen,
)
from tests.unchanged import unchanged


@pytest.fixture(scope="module")
def desk(app: Flask) -> Story:
    return played(app)


@pytest.fixture(scope="module")
def anna(app: Flask, desk: Story) -> FlaskClient:
    """Anna, another admin, who decides what others ask for."""
    return signed_in(app, ANNA)


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
