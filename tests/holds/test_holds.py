"""Credits held before a request: they count, they end by their time, and a settle charges what was used."""

from decimal import Decimal

import pytest
from flask import Flask

from dashboard.actions.record_usage import record_usage
from dashboard.actions.release_hold import release_hold
from dashboard.engine.asking import RefusedError
from dashboard.engine.errors import InvalidInputError
from tests.holds import world
from tests.holds.world import DUE, change_customer, deduct, got, grant, hold, ledger, settle, spendable
from tests.unchanged import unchanged


def test_a_hold_counts_against_what_can_be_spent_and_moves_no_credits(books: Flask) -> None:
    held = hold(1, 60)
    assert got(held, "outcome", "credits", "spendable") == ["held", 60, 40]
    assert held.asked.expires_at == world.at(10)
    assert spendable() == 40
    assert ledger() == ["1 bonus 100 → 100"]
    with unchanged(books), pytest.raises(RefusedError, match="can spend 40 credits, 41 were asked for"):
        hold(2, 41)
    with unchanged(books), pytest.raises(RefusedError, match="can spend 40 credits"):
        deduct(3, "40.000001")
    assert deduct(3, 40).asked.spendable == 0


def test_a_hold_ends_by_its_time_alone(books: Flask) -> None:
    hold(1, 100, lives=5)
    with pytest.raises(RefusedError, match="can spend 0"):
        hold(2, 1, minute=4)
    assert spendable(minute=5) == 100
    assert hold(2, 100, minute=5).asked.outcome == "held"


def test_a_settle_charges_the_actual_more_or_less_than_held(books: Flask) -> None:
    grant(100, "more")
    less, more = hold(1, 90), hold(2, 30)
    assert settle(less).asked.balance == 200 - DUE
    assert settle(more, minute=1).asked.balance == 200 - 2 * DUE
    assert spendable(minute=1) == 200 - 2 * DUE
    assert ledger()[2:] == ["3 usage -70 → 130", "4 usage -70 → 60"]


def test_a_settle_beyond_the_balance_is_charged_and_the_rest_is_uncovered(books: Flask) -> None:
    held = hold(1, 100)
    answer = settle(held, tokens=20_000)
    assert got(answer, "outcome", "balance") == ["settled", 0]


def test_a_hold_settled_twice_is_charged_once_and_another_body_is_refused(books: Flask) -> None:
    held = hold(1, 80)
    assert [settle(held).asked.outcome for _ in range(3)] == ["settled", "replayed", "replayed"]
    assert ledger() == ["1 bonus 100 → 100", "2 usage -70 → 30"]
    with unchanged(books), pytest.raises(RefusedError, match="used before for something else"):
        settle(held, tokens=1)


def test_a_settle_after_the_hold_expired_still_charges_once(books: Flask) -> None:
    held = hold(1, 80, lives=1)
    assert settle(held, minute=60).asked.outcome == "settled"
    assert settle(held, minute=60).asked.outcome == "replayed"
    assert ledger() == ["1 bonus 100 → 100", "2 usage -70 → 30"]


def test_usage_that_was_reported_without_its_hold_is_not_charged_again_by_the_settle(books: Flask) -> None:
    held = hold(1, 20)
    record_usage([world.usage(1)], simulated=True)
    assert spendable() == 10
    assert settle(held).asked.outcome == "settled"
    assert spendable() == 30
    assert ledger() == ["1 bonus 100 → 100", "2 usage -70 → 30"]


def test_a_released_hold_gives_back_and_is_never_settled(books: Flask) -> None:
    held = hold(1, 80)
    assert held.asked.id is not None
    assert release_hold(held.user_id, held.asked.id, simulated_at=world.at(1)).asked.outcome == "released"
    assert release_hold(held.user_id, held.asked.id, simulated_at=world.at(2)).asked.outcome == "replayed"
    assert spendable(minute=1) == 100
    with unchanged(books), pytest.raises(RefusedError, match="was released"):
        settle(held, minute=2)


def test_a_settled_hold_is_never_released(books: Flask) -> None:
    held = hold(1, 80)
    settle(held)
    with unchanged(books), pytest.raises(RefusedError, match="settled already"):
        release_hold(held.user_id, held.asked.id or held.user_id)


def test_the_same_hold_asked_again_gives_the_first_and_another_body_is_refused(books: Flask) -> None:
    first = hold(1, 60)
    with unchanged(books):
        again = hold(1, 60, minute=1)
    assert (again.asked.outcome, again.asked.id, again.asked.expires_at) == (
        "replayed",
        first.asked.id,
        first.asked.expires_at,
    )
    with unchanged(books), pytest.raises(RefusedError, match="used before"):
        hold(1, 61)


def test_a_request_that_was_charged_can_no_longer_be_held(books: Flask) -> None:
    record_usage([world.usage(1)], simulated=True)
    with unchanged(books), pytest.raises(RefusedError, match="used before"):
        hold(1, 10)


def test_a_hold_of_estimated_tokens_is_what_charging_them_would_take(books: Flask) -> None:
    held = world.hold_estimate(1)
    assert held.asked.credits == DUE
    assert settle(held).asked.balance == 100 - DUE


def test_an_estimate_nobody_can_price_is_refused(books: Flask) -> None:
    with unchanged(books), pytest.raises(RefusedError, match="has no price"):
        world.hold_estimate(1, model="brand-new-model")
    with unchanged(books), pytest.raises(InvalidInputError, match="no provider is called"):
        world.hold_estimate(1, provider="nobody")


def test_another_request_or_customer_cannot_settle_a_hold(books: Flask) -> None:
    held = hold(1, 80)
    with unchanged(books), pytest.raises(RefusedError, match="another request or another customer"):
        settle(held, number=2)


def test_credits_not_yet_valid_or_expired_cannot_be_held(books: Flask) -> None:
    grant(50, "later", effective_at=world.at(60), expires_at=world.at(120))
    assert [spendable(minute) for minute in (59, 60, 119, 120)] == [100, 150, 150, 100]
    with pytest.raises(RefusedError, match="can spend 100"):
        hold(1, 101, minute=59)
    assert hold(1, 150, minute=60).asked.outcome == "held"
    with pytest.raises(RefusedError, match="can spend 100"):
        hold(2, 101, minute=120)


@pytest.mark.parametrize("status", ["suspended", "cancelled"])
def test_a_customer_who_is_closed_holds_nothing_but_what_was_used_is_charged(books: Flask, status: str) -> None:
    held = hold(1, 80)
    change_customer(status=status)
    with unchanged(books), pytest.raises(RefusedError, match="cannot hold or spend"):
        hold(2, 1)
    with unchanged(books), pytest.raises(RefusedError, match="cannot hold or spend"):
        deduct(3, 1)
    assert settle(held).asked.balance == 100 - DUE


def test_an_erased_customer_is_refused_everything(books: Flask) -> None:
    held = hold(1, 80)
    change_customer(status="deleted")
    with unchanged(books), pytest.raises(RefusedError, match="has been erased"):
        hold(2, 1)
    with unchanged(books), pytest.raises(RefusedError, match="has been erased"):
        deduct(3, 1)
    with unchanged(books), pytest.raises(RefusedError, match="has been erased"):
        settle(held)


def test_the_monthly_cap_refuses_holds_and_deductions_and_starts_anew_each_month(books: Flask) -> None:
    change_customer(monthly_cap_credits=Decimal(50))
    deduct(1, 20)
    hold(2, 20, lives=60)
    with unchanged(books), pytest.raises(RefusedError, match="monthly cap leaves 10 credits"):
        hold(3, 11)
    with unchanged(books), pytest.raises(RefusedError, match="monthly cap leaves 10 credits"):
        deduct(4, 11)
    next_month = 15 * 24 * 60
    assert deduct(5, 50, minute=next_month).asked.outcome == "deducted"
    with pytest.raises(RefusedError, match="monthly cap leaves 0 credits"):
        deduct(6, 1, minute=next_month)


def test_usage_beyond_the_monthly_cap_is_charged_and_shown(books: Flask) -> None:
    held = hold(1, 50)
    change_customer(monthly_cap_credits=Decimal(60))
    answer = settle(held)
    assert (answer.asked.outcome, answer.asked.cap_left) == ("settled", Decimal(-10))
