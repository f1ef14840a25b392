"""Giving credits back on a receipt: what is shown before, what happens, and every way to be refused."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from tests.books import Story
from tests.cast import ADAM, FIONA, SAM, browser, csrf_of, signed_in
from tests.pages.support.receipts import entry_path, form_on, opened, reversing, somebody, support, text_of
from tests.unchanged import unchanged

# A has expired whenever this is run; B and C never do.
THREE_GRANTS = """
    day 0: grant A 30 for $3 allowance until 10
    day 0: grant B 40 for $0
    day 0: grant C 50 for $10 paid
    day 1: use 100
    day 14: use 1
"""


@pytest.fixture
def story(app: Flask) -> Story:
    return Story(app, somebody()).play(THREE_GRANTS)


@pytest.fixture
def charge(story: Story) -> str:
    """Where the receipt of the charge that drew from three grants stands."""
    return entry_path(story.customer.user_id, 4)


@pytest.fixture
def sam(app: Flask) -> FlaskClient:
    return signed_in(app, support())


def test_support_gives_back_what_three_grants_paid_two_are_restored_and_the_expired_one_is_replaced(
    story: Story, sam: FlaskClient, charge: str
) -> None:
    before = text_of(opened(sam, charge))
    assert "Balance, credits 19 119" in before
    assert "B 0 40" in before
    assert "C 19 49" in before
    assert "New grant, to " in before
    assert "“A” has expired, so its 30 credits return as a new grant for 30 days." in before
    assert "List revenue $0.10000 $0.00000" in before
    assert "Vendor cost, stays $0.05000 $0.05000" in before
    assert "List margin $0.05000 −$0.05000" in before
    assert "Realised margin $8.95000 −$0.05000" in before
    assert "A reversal cannot be reversed." in before
    assert "Up to 50,000 credits in 24 hours you need no second person; 0 are used." in before
    assert reversing(sam, charge, opened(sam, charge)).status_code == 303
    assert story.ledger().splitlines()[-1] == "6 reversal 100 → 119: C 30 ($-6), B 40 ($0), A' 30 ($-3)"
    after = text_of(opened(sam, charge))
    assert "A new grant in place of A" in after
    assert "Given back in all 100" in after
    assert "Nothing left to give back." in after
    assert "100 credits given back by Sam" in after
    assert story.laws() == {}


def test_after_a_reversal_htmx_gets_the_whole_receipt_with_the_new_balance(
    story: Story, sam: FlaskClient, charge: str
) -> None:
    answer = reversing(sam, charge, opened(sam, charge), htmx=True, note="The transcript stops mid-sentence.")
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "credits-changed"
    html = answer.get_data(as_text=True)
    assert html.startswith('<div id="support-receipts-show"')
    assert "100 credits given back. The balance is 119 credits now. A reversal cannot be reversed." in text_of(html)
    assert "The transcript stops mid-sentence." in html
    assert "<strong>Nothing left to give back.</strong>" in html


def test_a_part_is_given_back_once_its_consequences_were_shown(story: Story, sam: FlaskClient, charge: str) -> None:
    html = opened(sam, charge)
    with unchanged(story.app):
        unseen = reversing(sam, charge, html, part="part", credits="40")
    assert unseen.status_code == 422
    shown = unseen.get_data(as_text=True)
    assert "Not reversed yet. This is what 40 credits would do. Nothing was changed." in text_of(shown)
    assert form_on(shown) == {"seen": "40", "reversed_before": "0"}
    assert "Reverse 40 credits" in shown
    assert reversing(sam, charge, shown, part="part", credits="40").status_code == 303
    assert story.ledger().splitlines()[-1] == "6 reversal 40 → 59: C 30 ($-6), B 10 ($0)"
    assert "Partly given back" in opened(sam, charge)
    assert story.laws() == {}


@pytest.mark.parametrize("typed", ["", "0", "-5", "a lot", "100.5", "1,5", "NaN", "1e999999999", "\u0665", "0.0000001"])
def test_what_is_no_part_of_the_charge_is_refused_at_its_field(
    story: Story, sam: FlaskClient, typed: str, charge: str
) -> None:
    html = opened(sam, charge)
    with unchanged(story.app):
        answer = reversing(sam, charge, html, part="part", credits=typed, seen=typed or "1")
    assert answer.status_code in {409, 422}
    assert "Nothing was changed" in answer.get_data(as_text=True)


def test_the_consequences_of_a_part_are_shown_while_it_is_typed(story: Story, sam: FlaskClient, charge: str) -> None:
    fields = {"csrf_token": csrf_of(sam), "part": "part", "credits": "10"}
    headers = {"HX-Request": "true", "HX-Target": "div#support-receipts-effect"}
    with unchanged(story.app):
        answer = sam.post(f"{charge}/reversals/preview", data=fields, headers=headers)
        whole = sam.post(f"{charge}/reversals/preview", data=fields)
    assert answer.get_data(as_text=True).startswith('<div class="flow" id="support-receipts-effect"')
    assert "Reverse 10 credits" in answer.get_data(as_text=True)
    assert 'value="10"' in whole.get_data(as_text=True)
    assert "Reverse 10 credits" in whole.get_data(as_text=True)


def test_a_double_click_and_the_back_button_give_back_once(story: Story, sam: FlaskClient, charge: str) -> None:
    html = opened(sam, charge)
    assert reversing(sam, charge, html).status_code == 303
    with unchanged(story.app):
        again = reversing(sam, charge, html)
    assert again.status_code == 409
    assert "Everything this entry took has been given back already. Nothing was changed." in text_of(
        again.get_data(as_text=True)
    )


def test_who_saw_an_older_state_changes_nothing_and_sees_the_new_one(
    story: Story, sam: FlaskClient, charge: str
) -> None:
    html = opened(sam, charge)
    story.play("day 15: reverse 4 by 60")
    with unchanged(story.app):
        answer = reversing(sam, charge, html, part="part", credits="20", seen="20")
    assert answer.status_code == 409
    read = text_of(answer.get_data(as_text=True))
    assert (
        "Credits of this entry were given back since you looked; look again at what is left. Nothing was changed."
        in read
    )
    assert "All 40 credits that are left" in read


def test_a_reversal_is_never_reversed(story: Story, sam: FlaskClient, charge: str) -> None:
    reversing(sam, charge, opened(sam, charge))
    path = entry_path(story.customer.user_id, 6)
    html = opened(sam, path)
    assert "A reversal cannot be reversed." in html
    assert "Reverse this" not in html
    with unchanged(story.app):
        answer = reversing(sam, path, html, seen="100", reversed_before="0")
    assert answer.status_code == 409
    assert "this entry is something else. Nothing was changed." in answer.get_data(as_text=True)


def test_without_a_reason_or_with_another_one_and_no_note_nothing_is_given_back(
    story: Story, sam: FlaskClient, charge: str
) -> None:
    html = opened(sam, charge)
    with unchanged(story.app):
        none = reversing(sam, charge, html, reason="", note="typed before")
        other = reversing(sam, charge, html, reason="other")
    assert (none.status_code, other.status_code) == (422, 422)
    assert 'aria-invalid="true"' in none.get_data(as_text=True)
    assert "typed before" in none.get_data(as_text=True)
    assert "Say in a note what the reason is." in other.get_data(as_text=True)


def test_finance_reads_the_receipt_and_cannot_give_back(story: Story, sam: FlaskClient, charge: str) -> None:
    fiona = signed_in(story.app, FIONA)
    html = opened(fiona, charge)
    assert "100 credits of it can be given back, by support or an admin." in html
    with unchanged(story.app):
        answer = reversing(fiona, charge, html, seen="100", reversed_before="0")
    assert answer.status_code == 403
    assert "Nothing was changed." in text_of(answer.get_data(as_text=True))


def test_who_is_signed_out_is_led_to_sign_in_and_back_to_the_receipt(
    story: Story, sam: FlaskClient, charge: str
) -> None:
    visitor = browser(story.app)
    with unchanged(story.app):
        read = visitor.get(charge)
        sent = visitor.post(
            f"{charge}/reversals", headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost{charge}"}
        )
    assert read.headers["Location"].endswith(f"?next=%2F{charge[1:].replace('/', '%2F')}")
    plain = visitor.post(f"{charge}/reversals", headers={"Referer": f"http://localhost{charge}"})
    assert plain.headers["Location"] == read.headers["Location"]
    assert sent.headers["HX-Redirect"] == read.headers["Location"]


def test_of_an_erased_customer_nothing_moves(story: Story, sam: FlaskClient, charge: str) -> None:
    html = opened(sam, charge)
    with story.app.app_context(), db.transaction() as session:
        session.execute(text("update users set status = 'deleted' where id = :id"), {"id": story.customer.user_id})
    with unchanged(story.app):
        answer = reversing(sam, charge, html)
    assert answer.status_code == 409
    assert "This customer has been erased; their credits move no more. Nothing was changed." in answer.get_data(
        as_text=True
    )


def test_above_the_limit_support_asks_a_second_person_and_sees_it_wait(app: Flask) -> None:
    story = Story(app, somebody()).play("""
        day 0: grant A 70000 for $7
        day 1: use 60000
    """)
    path = entry_path(story.customer.user_id, 2)
    sam, adam = signed_in(app, support()), signed_in(app, ADAM)
    html = opened(sam, path)
    assert "60,000 credits are above the limit of 50,000 for one action of support. Nothing moves before" in text_of(
        html
    )
    assert "Ask for approval to reverse 60,000 credits" in html
    assert "Ask for approval" not in opened(adam, path)
    ledger = story.ledger()
    assert reversing(sam, path, html).status_code == 303
    assert story.ledger() == ledger
    waiting = opened(sam, path)
    assert " asked on " in waiting
    assert '<button class="btn go">' not in waiting.partition('id="support-receipts-reverse"')[2]
    with unchanged(app):
        twice = reversing(sam, path, html)
    assert twice.status_code == 409
    assert "waits for a second person already" in twice.get_data(as_text=True)


def test_ten_people_give_the_same_deduction_back_at_once_one_does_and_nine_are_told(story: Story, charge: str) -> None:
    people = [signed_in(story.app, SAM if number % 2 else ADAM) for number in range(10)]
    html = opened(people[0], charge)
    start = Barrier(len(people))

    def press(client: FlaskClient) -> tuple[int, str]:
        start.wait()
        answer = reversing(client, charge, html)
        return answer.status_code, text_of(answer.get_data(as_text=True))

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(press, people))
    assert sorted(status for status, _ in answers) == [303] + [409] * 9
    assert all("Nothing was changed." in said for status, said in answers if status == 409)
    assert story.ledger().splitlines()[5:] == ["6 reversal 100 → 119: C 30 ($-6), B 40 ($0), A' 30 ($-3)"]
    assert story.laws() == {}
