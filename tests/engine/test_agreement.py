"""The database and the engine agree to the last digit, whatever is sold, priced, granted and used."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from dashboard.embedded import Urls
from dashboard.reports.checks import broken
from tests.conftest import owned
from tests.engine.reference import Booked, Books
from tests.engine.scene import build, everything, post, post_one, post_together, rows
from tests.engine.worlds import World, world_of

EXAMPLES = 100


@pytest.fixture(scope="module")
def owner_of_nothing_yet(database: Urls) -> Iterator[Connection]:
    with owned(database) as connection:
        yield connection.execution_options(isolation_level="READ COMMITTED")


@contextmanager
def undone(connection: Connection) -> Iterator[Connection]:
    with connection.begin() as transaction:
        yield connection
        transaction.rollback()


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_database_charges_what_the_engine_says(owner_of_nothing_yet: Connection, seed: int) -> None:
    world = world_of(seed)
    with undone(owner_of_nothing_yet) as connection:
        build(connection, world)
        books = Books(world)
        for batch in world.batches:
            assert post(connection, world, batch) == books.post(batch)
        check_requests(connection, books)
        check_draws(connection, books)
        check_balances(connection, books)
        check_replays(connection, world)
        assert broken(connection) == {}
        connection.execute(text("select fold_usage(3)"))
        assert broken(connection) == {}
        connection.execute(text("select rebuild_usage()"))
        assert broken(connection) == {}


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_single_charge_is_what_the_engine_says(owner_of_nothing_yet: Connection, seed: int) -> None:
    world = world_of(seed)
    with undone(owner_of_nothing_yet) as connection:
        build(connection, world)
        books = Books(world)
        for event in (event for batch in world.batches for event in batch):
            assert [post_one(connection, world, event)] == books.post([event])
        check_requests(connection, books)
        check_draws(connection, books)
        check_balances(connection, books)
        check_receipts(connection, books)
        before = everything(connection)
        again = [post_one(connection, world, event) for batch in world.batches for event in batch]
        assert "charged" not in again
        assert everything(connection) == before
        assert broken(connection) == {}


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_requests_charged_together_are_what_the_engine_says_of_each(
    owner_of_nothing_yet: Connection, seed: int
) -> None:
    world = replace(world_of(seed), simulated=False)
    with undone(owner_of_nothing_yet) as connection:
        build(connection, world)
        books = Books(world)
        for batch in world.batches:
            outcomes = post_together(connection, world, batch)
            # Who has no balance yet is charged alone, before or after the others: the order of one customer stays.
            for place, event in enumerate(batch):
                if outcomes[place] == "busy":
                    outcomes[place] = post_one(connection, world, event)
            assert outcomes == [books.post([event])[0] for event in batch]
        check_requests(connection, books)
        check_draws(connection, books)
        check_balances(connection, books)
        check_receipts(connection, books)
        before = everything(connection)
        again = [outcome for batch in world.batches for outcome in post_together(connection, world, batch)]
        assert "charged" not in again
        assert everything(connection) == before
        assert broken(connection) == {}


def check_requests(connection: Connection, books: Books) -> None:
    found = {(row.user_id, row.request_id): row for row in rows(connection, "select * from token_usage_ledger")}
    assert found.keys() == books.booked.keys()
    for key, booked in books.booked.items():
        row = found[key]
        assert {name: getattr(row, name) for name in expected(booked)} == expected(booked)


def expected(booked: Booked) -> dict[str, object]:
    rating, paid = booked.rating, booked.charge
    computed = rating.cost_status in {"computed", "estimated"} and booked.event.usage.reported_cost_usd is None
    return {
        "user_tier_at_request": booked.tier,
        "cost_status": rating.cost_status,
        "price_id": booked.price.id if computed and booked.price else None,
        "vendor_cost": rating.vendor_cost_usd,
        "multiplier_scope": rating.scope,
        "margin_multiplier": rating.multiplier,
        "credit_value_usd": rating.value_usd,
        "unit_usd": booked.policy.unit_usd,
        "increment": booked.policy.increment,
        "credits_due": rating.credits_due,
        "credits_deducted": paid.credits_deducted,
        "credits_uncovered": paid.credits_uncovered,
        "rounding_gain_usd": booked.rounding_gain_usd,
        "realised_revenue_usd": paid.realised_usd,
        "deduction_seq": booked.seq,
    }


def check_draws(connection: Connection, books: Books) -> None:
    sql = """
        select draw.user_id, draw.seq, draw.position, draw.source_id, -draw.amount as credits, draw.remaining_after,
            draw.realised_revenue_usd, entry.request_id, entry.balance_after
        from credit_source_draw as draw
        join credit_deduction_ledger as entry using (user_id, seq)
        where entry.reason = 'usage'
    """
    found = {tuple(row) for row in rows(connection, sql)}
    assert found == {
        (
            user, booked.seq, place, draw.grant_id, draw.credits, draw.remaining_after, draw.realised_usd, request_id,
            booked.balance_after,
        )
        for (user, request_id), booked in books.booked.items()
        for place, draw in enumerate(booked.charge.draws, start=1)
    }  # fmt: skip


def check_balances(connection: Connection, books: Books) -> None:
    balances = {
        row.user_id: (row.amount, row.last_seq) for row in rows(connection, "select * from user_credit_balance")
    }
    remaining = {row.id: row.remaining for row in rows(connection, "select id, remaining from user_credit_source")}
    for user, account in zip(books.world.users, books.accounts, strict=True):
        assert balances.get(user, (Decimal(0), 0)) == (account.balance, account.seq)
        assert {grant.id: remaining[grant.id] for grant in account.grants} == {
            grant.id: grant.remaining for grant in account.grants
        }


def check_receipts(connection: Connection, books: Books) -> None:
    """What is read back of a request is what the engine says it cost and drew."""
    sql = """
        select receipt.*
        from token_usage_ledger as usage
        cross join lateral usage_receipt(usage.user_id, usage.request_id) as receipt
    """
    for row in rows(connection, sql):
        booked = books.booked[row.user_id, row.request_id]
        assert (row.credits_due, row.credits_deducted) == (booked.rating.credits_due, booked.charge.credits_deducted)
        # A simulated clock stands still between requests, so only those that drew have their place in the chain.
        if booked.seq is not None or not books.world.simulated:
            assert row.balance == booked.balance_after
        assert [(UUID(draw["source_id"]), Decimal(draw["credits"])) for draw in row.draws] == [
            (draw.grant_id, draw.credits) for draw in booked.charge.draws
        ]


def check_replays(connection: Connection, world: World) -> None:
    before = everything(connection)
    for batch in world.batches:
        assert "charged" not in post(connection, world, batch)
    assert everything(connection) == before
