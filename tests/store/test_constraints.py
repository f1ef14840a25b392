"""Whoever writes past the functions is refused by the tables themselves: chains, reversals, once, no overlap."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from dashboard.embedded import Urls
from tests.conftest import owned
from tests.engine.scene import build, post
from tests.reports.small_books import WORLD
from tests.reports.tampering import COPY_OF_PRICE, COPY_OF_VENDOR_PRICE

# Alice has entries 1 and 2 (grants of 100 and 1,000), 3 (−30 for request 101) and 4 (−90 for request 102).
ENTRY = """
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, request_id, created_at, prev_created_at
    )
    select
        user_id, {seq}, {amount}, {before}, {before} + {amount}, '{reason}', {request},
        {created}, (select created_at from credit_deduction_ledger as entry where entry.user_id = head.user_id and seq = {seq} - 1)
    from user_credit_balance as head
    where user_id = '00000000-0000-4000-8000-000000000001'
"""
REVERSAL = """
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, cause, reverses_seq, reverses_amount,
        reversed_before, reversed_after, created_at, prev_created_at
    )
    select
        user_id, last_seq + {step}, {amount}, amount + {shift}, amount + {shift} + {amount}, 'reversal', 'goodwill',
        {reverses}, {taken}, {before}, {before} + {amount}, last_created_at, last_created_at
    from user_credit_balance
    where user_id = '00000000-0000-4000-8000-000000000001'
"""


def entry(**other: object) -> str:
    given = {
        "seq": 5,
        "amount": 1,
        "before": "head.amount",
        "reason": "bonus",
        "request": "null",
        "created": "last_created_at",
    }
    return ENTRY.format(**{**given, **other})


def reversal(**other: object) -> str:
    given = {"step": 1, "amount": 10, "shift": 0, "reverses": 3, "taken": -30, "before": 0}
    return REVERSAL.format(**{**given, **other})


@pytest.fixture(scope="module")
def books(database: Urls) -> Iterator[Connection]:
    with owned(database) as connection:
        connection.execution_options(isolation_level="READ COMMITTED")
        build(connection, WORLD)
        assert post(connection, WORLD, WORLD.batches[0]) == ["charged"] * 3
        connection.commit()
        yield connection


@pytest.fixture
def ledger(books: Connection) -> Iterator[Connection]:
    yield books
    books.rollback()


def refused(ledger: Connection, *statements: str) -> None:
    """All but the last are fine."""
    for statement in statements[:-1]:
        ledger.execute(text(statement))
    with pytest.raises(IntegrityError):
        ledger.execute(text(statements[-1]))


def test_an_entry_starts_from_what_the_one_before_left(ledger: Connection) -> None:
    refused(ledger, entry(before="head.amount + 1"))


def test_a_chain_has_no_gap(ledger: Connection) -> None:
    refused(ledger, entry(seq=6))


def test_a_chain_has_no_fork(ledger: Connection) -> None:
    refused(ledger, entry(), entry())


def test_time_does_not_go_back_in_a_chain(ledger: Connection) -> None:
    refused(ledger, entry(created="last_created_at - interval '1 second'"))


def test_no_entry_leaves_a_balance_below_zero(ledger: Connection) -> None:
    refused(ledger, entry(amount="-head.amount - 1"))


def test_a_request_is_charged_once_by_use_or_by_deduction(ledger: Connection) -> None:
    known = "(select request_id from credit_deduction_ledger where seq = 3)"
    refused(ledger, entry(amount=-1, reason="usage", request=known))


def test_a_reversal_gives_back_no_more_than_was_taken(ledger: Connection) -> None:
    refused(ledger, reversal(amount=31))


def test_a_reversal_names_what_was_really_taken(ledger: Connection) -> None:
    refused(ledger, reversal(amount=31, taken=-40))


def test_a_reversal_starts_from_what_was_given_back_before(ledger: Connection) -> None:
    refused(ledger, reversal(), reversal(step=2, shift=10, before=5))


def test_two_reversals_cannot_start_from_the_same_total(ledger: Connection) -> None:
    refused(ledger, reversal(), reversal(step=2, shift=10, amount=20))


def test_what_gave_credits_is_not_reversed(ledger: Connection) -> None:
    refused(ledger, reversal(), reversal(step=2, shift=10, reverses=5, taken=10, amount=5))


def test_no_two_prices_of_ours_hold_at_once(ledger: Connection) -> None:
    refused(ledger, COPY_OF_PRICE)


def test_no_two_prices_of_a_vendor_hold_at_once(ledger: Connection) -> None:
    refused(ledger, COPY_OF_VENDOR_PRICE)


def test_a_grant_holds_no_more_than_was_granted_and_no_less_than_nothing(ledger: Connection) -> None:
    refused(ledger, "update user_credit_source set remaining = granted + 1")


def test_what_is_due_is_taken_or_uncovered(ledger: Connection) -> None:
    refused(ledger, "update token_usage_ledger set credits_uncovered = credits_uncovered + 1")
