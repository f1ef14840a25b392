"""Deductions that ask first: taken if the credits are there, else nothing happens."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.charge_request import charge_request
from dashboard.actions.record_usage import record_usage
from dashboard.engine.actors import SHELL
from dashboard.engine.asking import Answer, RefusedError
from tests.holds import world
from tests.holds.world import deduct, got, grant, hold, ledger, settle, spendable
from tests.unchanged import unchanged

RACERS = 50
ROUNDS = 4


def test_a_deduction_takes_what_it_asks_for_or_nothing(books: Flask) -> None:
    answer = deduct(1, "99.5")
    assert got(answer, "outcome", "seq", "balance") == ["deducted", 2, Decimal("0.5")]
    with unchanged(books), pytest.raises(RefusedError, match=r"can spend 0\.5 credits, 0\.500001 were asked for"):
        deduct(2, "0.500001")
    assert deduct(2, "0.5").asked.balance == 0


def test_a_deduction_sent_again_gives_the_first_answer_and_another_body_is_refused(books: Flask) -> None:
    first = deduct(1, 30)
    deduct(2, 30)
    with unchanged(books):
        again = deduct(1, 30)
    assert got(again, "outcome", "seq", "balance") == ["replayed", first.asked.seq, 70]
    with unchanged(books), pytest.raises(RefusedError, match="used before"):
        deduct(1, 31)


def test_a_replay_answers_also_when_nothing_is_left(books: Flask) -> None:
    deduct(1, 100)
    world.change_customer(status="suspended")
    assert deduct(1, 100).asked.outcome == "replayed"


def test_one_request_is_never_both_used_and_deducted(books: Flask) -> None:
    deduct(1, 10)
    record_usage([world.usage(2)], simulated=True)
    with unchanged(books), pytest.raises(RefusedError, match="used before"):
        deduct(2, 10)
    with unchanged(books), pytest.raises(RefusedError, match="used before"):
        hold(1, 5)


def test_a_hold_whose_request_was_deducted_since_cannot_be_settled(books: Flask) -> None:
    held = hold(1, 10)
    deduct(1, 10)
    with unchanged(books), pytest.raises(RefusedError, match="used before"):
        settle(held)


def test_what_expires_soonest_is_taken_first_and_realises_its_revenue(books: Flask) -> None:
    grant(10, "soon", expires_at=world.at(60), paid_usd=Decimal("0.01"))
    deduct(1, 15)
    sql = "select position, amount, realised_revenue_usd from credit_source_draw where amount < 0 order by position"
    with db.snapshot() as connection:
        drawn = [tuple(row) for row in connection.execute(text(sql))]
    assert drawn == [(1, Decimal(-10), Decimal("0.01")), (2, Decimal(-5), Decimal("0.035"))]


def test_an_expired_source_is_never_taken_though_its_expiry_is_not_posted(books: Flask) -> None:
    grant(10, "soon", expires_at=world.at(60))
    assert spendable(minute=60) == 100
    with unchanged(books), pytest.raises(RefusedError, match="can spend 100"):
        deduct(1, 101, minute=60)


def test_fifty_who_race_for_the_last_credit_have_one_winner(books: Flask) -> None:
    deduct(1, 99)
    for round_ in range(ROUNDS):
        if round_:
            grant(1, f"round {round_}")
        with ThreadPoolExecutor(RACERS) as pool:
            outcomes = list(pool.map(lambda n: _race(books, n), range(round_ * 100 + 10, round_ * 100 + 10 + RACERS)))
        assert sorted(outcomes) == ["deducted", *["short"] * (RACERS - 1)]
    assert ledger()[-1].endswith("→ 0")


def test_fifty_holds_that_race_for_the_last_credit_have_one_winner(books: Flask) -> None:
    with ThreadPoolExecutor(RACERS) as pool:
        outcomes = list(pool.map(lambda n: _race(books, n, holds=True), range(10, 10 + RACERS)))
    assert sorted(outcomes) == ["held", *["short"] * (RACERS - 1)]


def test_ten_settles_of_one_hold_at_once_charge_once(books: Flask) -> None:
    held = hold(1, 80)
    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(lambda _: _settle(books, held), range(10)))
    assert sorted(outcomes) == [*["replayed"] * 9, "settled"]
    assert ledger() == ["1 bonus 100 → 100", "2 usage -70 → 30"]


def _race(app: Flask, number: int, *, holds: bool = False) -> str:
    with app.app_context():
        try:
            return (hold(number, 100) if holds else deduct(number, 1)).asked.outcome
        except RefusedError as error:
            return error.outcome


def _settle(app: Flask, held: Answer) -> str:
    with app.app_context():
        return settle(held).asked.outcome


def test_usage_under_the_id_of_a_deduction_is_a_conflict_by_either_way_in(books: Flask) -> None:
    deduct(1, 100)
    with unchanged(books):
        assert [one.outcome for one in record_usage([world.usage(1)], simulated=True)] == ["conflict"]
        assert charge_request(SHELL, world.usage(1), world.START).outcome == "conflict"
