"""Giving credits back, written as small ledgers."""

import pytest
from flask import Flask

from tests.books import Story, plain_text

THREE_GRANTS = """
    day 0: grant A 30 for $3 allowance until 10
    day 0: grant B 40 for $0 until 20
    day 0: grant C 50 for $10 paid
    day 1: use 100
"""


@pytest.fixture
def story(fresh_app: Flask) -> Story:
    return Story(fresh_app)


def test_of_three_grants_one_has_expired_two_are_restored_and_one_is_replaced(story: Story) -> None:
    story.play(THREE_GRANTS).play("day 14: reverse 4")
    assert story.ledger() == plain_text("""
        1 opening 30 → 30: A 30 ($0)
        2 opening 40 → 70: B 40 ($0)
        3 opening 50 → 120: C 50 ($0)
        4 usage -100 → 20: A -30 ($3), B -40 ($0), C -30 ($6)
        5 reversal 100 → 120: C 30 ($-6), B 40 ($0), A' 30 ($-3)
    """)
    assert story.laws() == {}


def test_what_is_given_back_in_place_of_an_expired_grant_can_be_used_for_30_days_and_expires(story: Story) -> None:
    story.play("""
        day 0: grant A 30 for $3 until 10
        day 1: use 20
        day 14: expire
        day 14: reverse 2
        day 15: use 5
        day 43: use 5
        day 44: use 5
        day 48: expire
    """)
    assert story.ledger() == plain_text("""
        1 opening 30 → 30: A 30 ($0)
        2 usage -20 → 10: A -20 ($2)
        3 expiry -10 → 0: A -10 ($1)
        4 reversal 20 → 20: A' 20 ($-2)
        5 usage -5 → 15: A' -5 ($0.5)
        6 usage -5 → 10: A' -5 ($0.5)
        7 expiry -10 → 0: A' -10 ($1)
    """)
    assert story.laws() == {}


def test_an_entry_is_reversed_in_parts_the_last_drawn_first_and_never_beyond(story: Story) -> None:
    story.play(THREE_GRANTS).play("""
        day 2: reverse 4 by 40
        day 3: reverse 4 by 0.5
        day 4: reverse 4 by 60
        day 4: reverse 4
        day 5: reverse 4
    """)
    assert story.ledger().splitlines()[4:] == [
        "5 reversal 40 → 60: C 30 ($-6), B 10 ($0)",
        "6 reversal 0.5 → 60.5: B 0.5 ($0)",
        "7 reversal 59.5 → 120: B 29.5 ($0), A 30 ($-3)",
    ]
    assert story.refusals == [
        "Less than that is left to give back. 59.5 credits are left. Nothing was changed.",
        "Everything this entry took has been given back already. Nothing was changed.",
    ]
    assert story.laws() == {}


def test_a_grant_restored_in_whole_and_used_again_realises_what_was_paid_once(story: Story) -> None:
    story.play("""
        day 0: grant A 3 for $1
        day 1: use 3
        day 2: reverse 2
        day 3: use 1
        day 4: use 2
    """)
    assert [line.partition(": ")[2] for line in story.ledger().splitlines()] == [
        "A 3 ($0)",
        "A -3 ($1)",
        "A 3 ($-1)",
        "A -1 ($0.333333333333333333)",
        "A -2 ($0.666666666666666667)",
    ]
    assert story.laws() == {}


def test_parts_of_an_expired_grant_take_back_exactly_what_was_realised(story: Story) -> None:
    story.play("""
        day 0: grant A 3 for $1 until 10
        day 1: use 2
        day 12: reverse 2 by 1
        day 13: reverse 2
    """)
    assert story.ledger().splitlines()[1:] == [
        "2 usage -2 → 1: A -2 ($0.666666666666666667)",
        "3 reversal 1 → 2: A' 1 ($-0.333333333333333334)",
        "4 reversal 1 → 3: A' 1 ($-0.333333333333333333)",
    ]
    assert story.laws() == {}


def test_credits_given_back_twice_over_go_from_replacement_to_replacement(story: Story) -> None:
    story.play("""
        day 0: grant A 10 for $1 until 10
        day 1: use 10
        day 12: reverse 2
        day 13: use 10
        day 60: reverse 4
        day 61: use 10
    """)
    assert story.ledger().splitlines()[2:] == [
        "3 reversal 10 → 10: A' 10 ($-1)",
        "4 usage -10 → 0: A' -10 ($1)",
        "5 reversal 10 → 10: Given back after its grant had expired' 10 ($-1)",
        "6 usage -10 → 0: Given back after its grant had expired' -10 ($1)",
    ]
    assert story.laws() == {}


def test_what_was_clawed_back_is_not_restored_and_that_is_said(story: Story) -> None:
    story.play(THREE_GRANTS).play("""
        day 2: claw back C
        day 3: reverse 4 by 71
        day 3: reverse 4
        day 4: reverse 4
    """)
    assert story.ledger().splitlines()[4:] == [
        "5 clawback -20 → 0: C -20 ($4)",
        "6 reversal 70 → 70: B 40 ($0), A 30 ($-3)",
    ]
    assert story.refusals == [
        (
            "Less than that is left to give back. 70 credits are left. "
            "30 came from a grant that was clawed back and are not restored. Nothing was changed."
        ),
        (
            "Everything this entry took has been given back already. "
            "30 came from a grant that was clawed back and are not restored. Nothing was changed."
        ),
    ]
    assert story.laws() == {}


def test_a_reversal_a_grant_or_an_expiry_is_never_reversed(story: Story) -> None:
    story.play("""
        day 0: grant A 10 for $1 until 10
        day 1: use 4
        day 2: reverse 2
        day 14: expire
        day 15: reverse 1
        day 15: reverse 3
        day 15: reverse 4
        day 15: reverse 9
    """)
    assert len(story.ledger().splitlines()) == 4
    other = (
        "Only what was taken for use, or by hand, can be given back; this entry is something else. Nothing was changed."
    )
    assert story.refusals == [other, other, other, "This customer has no such entry. Nothing was changed."]
    assert story.laws() == {}
