"""Granting and taking credits by hand: consequences first, once, within limits, above them with a second person."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from dashboard import db
from tests.books import Story
from tests.cast import ADAM, FIONA, browser, csrf_of, signed_in
from tests.pages.support.receipts import opened, somebody, support, text_of
from tests.unchanged import unchanged

HIDDEN = re.compile(r'<input type="hidden" name="(seen|grant_id)" value="([^"]*)">')
PENDING = "select kind from approval_request where state = 'pending' and payload ->> 'user_id' = :user"


@pytest.fixture
def story(app: Flask) -> Story:
    return Story(app, somebody()).play("""
        day 0: grant A 30 for $3 allowance
        day 0: grant B 70 for $0
    """)


@pytest.fixture
def sam(app: Flask) -> FlaskClient:
    return signed_in(app, support())


def granting(story: Story) -> str:
    return f"/support/accounts/{story.customer.user_id}/grants"


def taking(story: Story) -> str:
    return f"/support/accounts/{story.customer.user_id}/deductions"


def sent(client: FlaskClient, path: str, html: str = "", **typed: str) -> TestResponse:
    """Send the form of a page, with what it holds and what is typed."""
    held = dict(HIDDEN.findall(html))
    return client.post(path, data={"csrf_token": csrf_of(client), "reason": "contract", **held, **typed})


def looked(client: FlaskClient, path: str, **typed: str) -> str:
    """Type into a new form and let it say what that would do."""
    answer = sent(client, f"{path}/preview", opened(client, f"{path}/new"), **typed)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def pending(story: Story) -> list[str]:
    with story.app.app_context(), db.snapshot() as connection:
        return list(connection.execute(text(PENDING), {"user": str(story.customer.user_id)}).scalars())


def test_a_grant_says_what_it_does_and_is_made_once_however_often_it_is_sent(story: Story, sam: FlaskClient) -> None:
    typed = {"credits": "500", "last_day": "2999-12-31", "note": "As agreed."}
    html = looked(sam, granting(story), **typed)
    read = text_of(html)
    assert "Balance, credits 100 600" in read
    assert "New grant, to 1 Jan 3000 – 500" in read
    assert "Owed at list value $0.10 $0.60" in read
    assert "Up to 50,000 credits in 24 hours you need no second person; 0 are used." in read
    assert "Grant 500 credits" in read
    first = sent(sam, granting(story), html, **typed)
    assert first.status_code == 303
    with unchanged(story.app):
        again = sent(sam, granting(story), html, **typed)
    assert again.headers["Location"] == first.headers["Location"]
    receipt = text_of(opened(sam, first.headers["Location"]))
    assert "Granted by hand: +500 credits" in receipt
    assert "Agreed in a contract." in receipt
    assert "As agreed." in receipt
    assert story.ledger().splitlines()[2:] == ["3 admin_grant 500 → 600: Granted by hand 500 ($0)"]
    assert story.laws() == {}
    assert "Granted by hand" in opened(sam, "/support/grants?kind=grants")


def test_an_amount_whose_consequences_were_not_shown_is_shown_first(story: Story, sam: FlaskClient) -> None:
    html = looked(sam, granting(story), credits="500")
    with unchanged(story.app):
        answer = sent(sam, granting(story), html, credits="5000")
    assert answer.status_code == 422
    assert "Not done yet. Nothing was changed." in text_of(answer.get_data(as_text=True))
    assert "Grant 5,000 credits" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("credits", "none", "Give a number of credits above zero"),
        ("credits", "-1", "Give a number of credits above zero"),
        ("credits", "1,5", "Give a number of credits above zero"),
        ("credits", "1e999999999", "Give a number of credits above zero"),
        ("paid_usd", "much", "Give an amount of US dollars"),
        ("paid_usd", "-1", "Give an amount of US dollars"),
        ("last_day", "soon", "Give a day"),
        ("last_day", "2020-01-01", "Give a time that is still to come"),
        ("reason", "because", "Choose one of"),
        ("source", "gift", "Choose one of"),
        ("note", "x" * 2001, "Give a note of 1 to 2000 characters"),
    ],
)
def test_a_grant_that_cannot_be_is_refused_at_its_field(
    story: Story, sam: FlaskClient, field: str, value: str, said: str
) -> None:
    with unchanged(story.app):
        answer = sent(sam, granting(story), **{"credits": "5", "seen": "5", field: value})
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert "Nothing was changed." in html
    assert re.search(rf'aria-invalid="true"[^>]*>[^<]*(<[^>]*>)*[^<]*.*{re.escape(said)}', html, re.DOTALL)


def test_support_books_no_money_of_their_own_a_grant_dearer_than_list_waits_for_a_second_person(
    story: Story, sam: FlaskClient
) -> None:
    html = looked(sam, granting(story), credits="1000", paid_usd="1.01")
    assert "$1.01 paid is more than 1,000 credits are worth at list value" in html
    assert "Ask for approval to grant 1,000 credits" in html
    ledger = story.ledger()
    assert sent(sam, granting(story), html, credits="1000", paid_usd="1.01").status_code == 303
    assert story.ledger() == ledger
    assert (
        sent(sam, granting(story), looked(sam, granting(story)), credits="1000", seen="1000", paid_usd="1").status_code
        == 303
    )
    assert story.ledger() != ledger


def test_above_the_limit_a_grant_waits_for_a_second_person_and_is_asked_for_once(
    story: Story, sam: FlaskClient
) -> None:
    html = looked(sam, granting(story), credits="50001")
    assert "Ask for approval to grant 50,001 credits" in html
    assert "50,001 credits are above the limit of 50,000 for one action of support" in html
    ledger = story.ledger()
    assert sent(sam, granting(story), html, credits="50001").status_code == 303
    assert (pending(story), story.ledger()) == (["grant_credits"], ledger)
    with unchanged(story.app):
        again = sent(sam, granting(story), html, credits="50001")
    assert again.status_code == 409
    assert "This grant was asked for already" in again.get_data(as_text=True)
    assert "Grant 50,001 credits" in looked(signed_in(story.app, ADAM), granting(story), credits="50001")


def test_many_small_grants_do_not_get_round_the_limit_of_a_day(story: Story, sam: FlaskClient) -> None:
    for _ in range(2):
        html = looked(sam, granting(story), credits="25000")
        assert sent(sam, granting(story), html, credits="25000").status_code == 303
    html = looked(sam, granting(story), credits="1")
    assert "Ask for approval to grant 1 credit" in html
    assert "with the 50,000 credits given in the last 24 hours" in html


def test_taking_credits_shows_the_grants_and_always_waits_for_a_second_person(story: Story, sam: FlaskClient) -> None:
    html = looked(sam, taking(story), credits="80")
    read = text_of(html)
    assert "Balance, credits 100 20" in read
    assert "A 30 0" in read
    assert "B 70 20" in read
    assert "every deduction by hand needs the agreement of a second person" in read
    ledger = story.ledger()
    assert sent(sam, taking(story), html, credits="80").status_code == 303
    assert (pending(story), story.ledger()) == (["deduct_by_hand"], ledger)
    with unchanged(story.app):
        again = sent(sam, taking(story), html, credits="80")
    assert again.status_code == 409
    assert "You asked for exactly this already" in again.get_data(as_text=True)


def test_more_than_can_be_spent_is_not_even_asked_for(story: Story, sam: FlaskClient) -> None:
    html = looked(sam, taking(story), credits="100.5")
    assert "That cannot be. The customer can spend 100 credits." in text_of(html)
    with unchanged(story.app):
        assert sent(sam, taking(story), html, credits="100.5").status_code == 422
        assert sent(sam, taking(story), credits="100.5", seen="100.5").status_code == 409


def test_finance_grants_and_takes_nothing_and_a_stranger_is_sent_to_sign_in(story: Story) -> None:
    fiona = signed_in(story.app, FIONA)
    with unchanged(story.app):
        for path in (granting(story), taking(story)):
            assert sent(fiona, path, credits="5", seen="5").status_code == 403
            assert fiona.get(f"{path}/new").status_code == 403
            assert browser(story.app).get(f"{path}/new").headers["Location"].startswith("/sign-in")
    assert opened(fiona, "/support/grants")


def test_of_an_erased_or_unknown_customer_nothing_is_granted(story: Story, sam: FlaskClient) -> None:
    with story.app.app_context(), db.transaction() as session:
        sql = "update users set status = 'deleted' where id = :id"
        session.execute(text(sql), {"id": story.customer.user_id})
    with unchanged(story.app):
        answer = sent(sam, granting(story), credits="5", seen="5")
        assert sent(sam, f"/support/accounts/{somebody().user_id}/grants", credits="5", seen="5").status_code in {
            404,
            409,
        }
    assert answer.status_code == 409
    assert "This customer has been erased" in answer.get_data(as_text=True)
