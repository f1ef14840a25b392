"""What is measured stands on books that keep every law."""

import psycopg
from sqlalchemy import text

from benchmarks import copies, ledger
from benchmarks.charge_one import BOOKS
from dashboard.embedded import Urls
from dashboard.reports.checks import broken
from tests.conftest import owned

ROWS, CUSTOMERS = 300, 40


def test_a_prepared_ledger_keeps_every_law_and_can_be_copied_with_its_keys(fresh_database: Urls) -> None:
    with psycopg.connect(fresh_database.owner.replace("+psycopg", ""), autocommit=True) as owner:
        for statement in BOOKS.split(";"):
            owner.execute(statement.encode())
        ledger.prepare(owner, ROWS, CUSTOMERS)
        owner.execute("select rebuild_usage()")
        tables = copies.clone(owner)
        assert owner.execute("select count(*) from copied.token_usage_ledger").fetchone() == (ROWS,)
        assert set(tables) == set(copies.WRITTEN)
        owner.execute("drop schema copied cascade")
    with owned(fresh_database) as connection:
        assert broken(connection) == {}
        assert connection.execute(text("select count(*) from token_usage_ledger")).scalar_one() == ROWS
