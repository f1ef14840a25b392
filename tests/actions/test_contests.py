"""Many at once: one gives back, one approves, and nobody gets round a limit by being quick; nor round the rules by SQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from dashboard import db
from dashboard.actions.approve import approve
from dashboard.actions.grant_credits import Granted, grant_credits
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.actions.reverse_entry import ReversalWanted, reverse_entry
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import GrantOrder
from dashboard.engine.errors import RuleBrokenError
from tests.books import ADA, Story, day
from tests.cast import ADAM, ANNA, OLGA, SAM, hire
from tests.importers.files import numbers

NOW = day(2)
BOOKS = "select count(*), sum(amount), max(seq) from credit_deduction_ledger"


@pytest.fixture
def story(fresh_app: Flask) -> Story:
    return Story(fresh_app).play("""
        day 0: grant A 900000 for $900 paid
        day 1: use 40000
    """)


def at_once(app: Flask, times: int, act: Callable[[int], object]) -> list[object]:
    """Do it that many times at the same moment; what was refused comes back as its sentence."""
    gate = Barrier(times)

    def one(number: int) -> object:
        with app.app_context():
            gate.wait()
            try:
                return act(number)
            except RuleBrokenError as error:
                return str(error)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def waiting_for(story: Story, actor: Actor, amount: int) -> tuple[UUID, str]:
    """File a request above the limit; return its id and what the approver sees of it."""
    with story.app.app_context():
        order = GrantOrder(ADA.user_id, uuid4(), Decimal(amount), "goodwill")
        filed = grant_credits(actor, order, now=NOW)
    assert isinstance(filed, AwaitsApproval)
    sql = f"select encode(payload_sha256, 'hex') from approval_request where id = '{filed.request_id}'"
    return filed.request_id, str(numbers(story.app, sql)[0][0])


def test_of_ten_who_reverse_one_entry_one_does_and_nine_are_told(story: Story) -> None:
    adam = hire(story.app, ADAM)
    wanted = ReversalWanted(ADA.user_id, "duplicate", seq=2)
    outcomes = at_once(story.app, 10, lambda _: reverse_entry(adam, wanted, now=NOW))
    told = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert told == ["Everything this entry took has been given back already. Nothing was changed."] * 9
    assert numbers(story.app, BOOKS) == [(3, 900_000, 3)]
    assert numbers(story.app, "select count(*) from audit_log where verb = 'reverse_entry'") == [(1,)]
    assert story.laws() == {}


def test_ten_who_give_back_a_part_never_give_back_more_than_was_taken(story: Story) -> None:
    adam = hire(story.app, ADAM)
    wanted = ReversalWanted(ADA.user_id, "goodwill", seq=2, credits=Decimal(9_000))
    outcomes = at_once(story.app, 10, lambda _: reverse_entry(adam, wanted, now=NOW))
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 6
    assert numbers(story.app, BOOKS) == [(6, 896_000, 6)]
    assert story.laws() == {}


def test_a_part_given_back_by_a_double_click_is_given_back_once(story: Story) -> None:
    adam = hire(story.app, ADAM)
    wanted = ReversalWanted(ADA.user_id, "goodwill", seq=2, credits=Decimal(9_000), reversed_before=Decimal(0))
    outcomes = at_once(story.app, 4, lambda _: reverse_entry(adam, wanted, now=NOW))
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 3
    assert numbers(story.app, BOOKS) == [(3, 869_000, 3)]


def test_many_grants_at_once_add_up_against_one_persons_limit(story: Story) -> None:
    sam = hire(story.app, SAM)

    def give(number: int) -> object:
        order = GrantOrder(ADA.user_id, UUID(int=number + 1, version=4), Decimal(20_000), "goodwill")
        return grant_credits(sam, order, now=NOW)

    outcomes = at_once(story.app, 6, give)
    assert sum(isinstance(outcome, Granted) for outcome in outcomes) == 2
    assert sum(isinstance(outcome, AwaitsApproval) for outcome in outcomes) == 4
    assert story.laws() == {}


def test_forty_acts_at_once_all_land_though_there_are_fewer_connections_than_that(story: Story) -> None:
    adam = hire(story.app, ADAM)

    def give(number: int) -> object:
        order = GrantOrder(ADA.user_id, UUID(int=number + 1, version=4), Decimal(1), "goodwill")
        return grant_credits(adam, order, now=NOW)

    assert all(isinstance(outcome, Granted) for outcome in at_once(story.app, 40, give))
    assert numbers(story.app, "select count(*) from audit_log where verb = 'grant_credits'") == [(40,)]
    assert story.laws() == {}


def test_of_24_who_approve_one_request_one_does(story: Story) -> None:
    request_id, sha256 = waiting_for(story, hire(story.app, ADAM), 600_000)
    approvers = [hire(story.app, person) for person in (ANNA, OLGA)]
    outcomes = at_once(
        story.app, 24, lambda number: approve(approvers[number % 2], request_id, seen_sha256=sha256, now=NOW)
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, str)] == [
        "This request was approved already. Nothing was changed."
    ] * 23
    assert numbers(story.app, "select count(*) from credit_deduction_ledger where approval_id is not null") == [(1,)]
    assert story.laws() == {}


@pytest.fixture
def connection_of_the_app(story: Story) -> Iterator[Connection]:
    with story.app.app_context(), db.db.engine.connect() as connection:
        yield connection
        connection.rollback()


def test_raw_sql_cannot_approve_its_own_request_nor_make_one_that_is_approved(
    story: Story, connection_of_the_app: Connection
) -> None:
    adam = hire(story.app, ADAM)
    samuel = hire(story.app, SAM)
    request_id, _ = waiting_for(story, adam, 600_000)
    approving = """
        update approval_request
        set state = 'approved', decided_at = requested_at, decided_by = {by}, decided_person_id = {person}
        where id = '{id}'
    """
    own = f"'{adam.operator_id}'", f"'{adam.person_id}'"
    refused = {
        approving.format(by=own[0], person=own[1], id=request_id): IntegrityError,
        # Nobody, a person nobody is, and an account that is somebody else's.
        approving.format(by="null", person="null", id=request_id): IntegrityError,
        approving.format(by="null", person=f"'{uuid4()}'", id=request_id): IntegrityError,
        approving.format(by=own[0], person=f"'{samuel.person_id}'", id=request_id): IntegrityError,
        "update approval_request set requested_person_id = null, requested_by = null": ProgrammingError,
        "update approval_request set payload = '{}'": ProgrammingError,
        "update approval_request set expires_at = 'infinity'": ProgrammingError,
        "delete from approval_request": ProgrammingError,
        f"update operator set person_id = '{uuid4()}' where id = {own[0]}": ProgrammingError,
        "insert into approval_request (kind, payload, requested_at, expires_at, state) "
        "values ('grant_credits', '{}', now(), now() + interval '1 day', 'approved')": ProgrammingError,
    }
    for statement, error in refused.items():
        with pytest.raises(error):
            connection_of_the_app.execute(text(statement))
        connection_of_the_app.rollback()


def test_an_approval_reopened_by_raw_sql_is_still_carried_out_once_and_the_laws_see_it(
    story: Story, connection_of_the_app: Connection
) -> None:
    olga = hire(story.app, OLGA)
    request_id, sha256 = waiting_for(story, hire(story.app, ADAM), 600_000)
    with story.app.app_context():
        approve(olga, request_id, seen_sha256=sha256, now=NOW)
    reopening = (
        "update approval_request set state = 'pending', decided_at = null, decided_by = null, decided_person_id = null"
    )
    connection_of_the_app.execute(text(reopening))
    connection_of_the_app.commit()
    assert story.laws() == {"acts_by_hand_are_approved": 1}
    with story.app.app_context(), pytest.raises(RuleBrokenError):
        approve(olga, request_id, seen_sha256=sha256, now=NOW)
    assert numbers(story.app, "select count(*) from credit_deduction_ledger where approval_id is not null") == [(1,)]


def test_the_table_itself_refuses_to_give_back_more_than_was_taken_or_to_take_by_hand_alone(
    story: Story, connection_of_the_app: Connection
) -> None:
    story.play("day 2: reverse 2 by 39000")
    entry = """
        insert into credit_deduction_ledger (
            user_id, seq, amount, balance_before, balance_after, reason, cause, reverses_seq, reverses_amount,
            reversed_before, reversed_after, created_at, prev_created_at
        )
        select user_id, last_seq + 1, {amount}, amount, amount + {amount}, '{reason}', 'goodwill', {reverses}, now(), last_created_at
        from user_credit_balance
    """
    refused = (
        entry.format(amount=1_001, reason="reversal", reverses="2, -40000, 39000, 40001"),
        entry.format(amount=1_001, reason="reversal", reverses="2, -50000, 39000, 40001"),
        entry.format(amount=1_000, reason="reversal", reverses="2, -40000, 0, 1000"),
        entry.format(amount=1, reason="reversal", reverses="3, 39000, 0, 1"),
        entry.format(amount=-1, reason="correction", reverses="null, null, null, null"),
    )
    for statement in refused:
        with pytest.raises(IntegrityError):
            connection_of_the_app.execute(text(statement))
        connection_of_the_app.rollback()
    accepted = entry.format(amount=1_000, reason="reversal", reverses="2, -40000, 39000, 40000")
    connection_of_the_app.execute(text(accepted))
