"""The books under attack and under load: only added to, once per request, one charge of a customer at a time."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from dashboard.db import db
from dashboard.engine.rating import Tokens, Usage
from dashboard.reports.checks import broken
from tests.conftest import owned
from tests.engine.scene import build, post
from tests.engine.worlds import NOON, PROVIDERS, Event, World
from tests.reports.small_books import ALICE, WORLD

BOOKS = (
    "credit_deduction_ledger",
    "credit_source_draw",
    "token_usage_ledger",
    "usage_correction",
    "audit_log",
    "audit_seal",
)
OTHERS = (
    "proof_run",
    "proof_result",
    "pricing_config_participant",
    "credit_policy",
    "tier_version",
    "credit_allocation",
)
EACH, SHARED = 200, 100


@pytest.mark.parametrize("table", [*BOOKS, *OTHERS])
@pytest.mark.parametrize("change", ["update {} set {} = {}", "delete from {}", "truncate {}"])
def test_the_app_cannot_change_what_is_written(connection: Connection, table: str, change: str) -> None:
    column = connection.execute(
        text(
            "select column_name from information_schema.columns where table_name = :table order by ordinal_position desc limit 1"
        ),
        {"table": table},
    ).scalar_one()
    with pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(change.format(table, column, column)))


@pytest.mark.parametrize(
    "change",
    [
        "update user_credit_source set granted = granted + 1",
        "update user_credit_source set paid_usd = 0",
        "delete from user_credit_source",
        "delete from user_credit_balance",
        "delete from users",
        "update model_provider_pricing set input_price_per_1k = 0",
        "update pricing_configs set margin_multiplier = 99",
        "update pricing_configs set approved_via = 'seed'",
        "delete from pricing_configs",
        "update subscription_tier_change set tier = 'free'",
        "alter table token_usage_ledger disable trigger all",
        "create table mine (id integer)",
        "set session_replication_role = replica",
    ],
)
def test_the_app_cannot_reach_round_the_books(connection: Connection, change: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.execute(text(change))


def test_the_app_cannot_approve_its_own_price_by_the_exemption_of_the_seed(connection: Connection) -> None:
    sql = """
        insert into pricing_configs (
            scope_id, margin_multiplier, effective_from, reason, approval_status, approved_via, approved_at
        )
        select id, 9, now(), 'manual_adjustment', 'approved', 'seed', now() from pricing_scope limit 1
    """
    with pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(sql))


def test_a_price_cannot_be_approved_into_the_past(owner: Connection) -> None:
    sql = """
        insert into pricing_configs (scope_id, margin_multiplier, effective_from, reason, approval_status, approved_at)
        select id, 9, now() - interval '1 day', 'manual_adjustment', 'approved', now()
        from pricing_scope where subscription_tier = 'perpetual'
    """
    with pytest.raises(IntegrityError):
        owner.execute(text(sql))


@pytest.mark.parametrize("amount", ["'NaN'", "-0.000001", "1e12"])
def test_no_balance_is_negative_or_not_a_number(connection: Connection, owner: Connection, amount: str) -> None:
    owner.execute(
        text("insert into users (id, email, name, registered_at) values (:id, 'a', 'A', now()) on conflict do nothing"),
        {"id": UUID(int=99, version=4)},
    )
    with pytest.raises((DataError, IntegrityError)):
        connection.execute(
            text(f"insert into user_credit_balance (user_id, amount) values (:id, {amount})"),
            {"id": UUID(int=99, version=4)},
        )


def test_two_writers_charge_one_customer_one_after_the_other_and_each_request_once(fresh_app: Flask) -> None:
    world = World(**{**vars(WORLD), "simulated": False})
    with owned(fresh_app.config["LEDGERLINE"].database_url) as owner:
        owner.execution_options(isolation_level="READ COMMITTED")
        build(owner, world)
        owner.commit()

    def write(writer: int) -> list[str]:
        numbers = [*range(SHARED), *range(1000 * (writer + 1), 1000 * (writer + 1) + EACH - SHARED)]
        with fresh_app.app_context(), db.engine.connect() as connection:
            outcomes = []
            for number in numbers:
                outcomes += post(connection, world, [request(number)])
                connection.commit()
            return outcomes

    with ThreadPoolExecutor(2) as pool:
        outcomes = [outcome for writer in pool.map(write, range(2)) for outcome in writer]
    assert outcomes.count("charged") == 2 * EACH - SHARED
    assert outcomes.count("replayed") == SHARED
    with fresh_app.app_context(), db.engine.connect() as connection:
        count = connection.execute(text("select count(*) from token_usage_ledger")).scalar_one()
        assert count == 2 * EACH - SHARED
        assert broken(connection) == {}


def request(number: int) -> Event:
    return Event(0, UUID(int=number + 10_000, version=4), PROVIDERS[0], "large", Usage(Tokens(uncached=1)), NOON)


def test_the_same_request_id_with_another_body_changes_nothing(fresh_app: Flask) -> None:
    with owned(fresh_app.config["LEDGERLINE"].database_url) as owner:
        owner.execution_options(isolation_level="READ COMMITTED")
        build(owner, WORLD)
        first = WORLD.batches[0][0]
        other = Event(0, first.request_id, PROVIDERS[0], "large", Usage(Tokens(uncached=999)), NOON)
        assert post(owner, WORLD, [first]) == ["charged"]
        head = text("select row_to_json(b)::text from user_credit_balance as b where user_id = :user")
        before = owner.execute(head, {"user": ALICE}).scalar_one()
        assert post(owner, WORLD, [other, first, other]) == ["conflict", "replayed", "conflict"]
        assert json.loads(owner.execute(head, {"user": ALICE}).scalar_one()) == json.loads(before)
        owner.rollback()
