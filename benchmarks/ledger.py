"""A big ledger, written set by set: constraints and indexes are taken away, and made and checked again at the end."""

import os
import time
from pathlib import Path

from benchmarks.charge_one import BOOKS, CUSTOMERS
from benchmarks.copies import Connection
from benchmarks.scratch import Scratch
from benchmarks.server import Server
from dashboard import embedded

ROWS = int(os.environ.get("BENCH_ROWS", "5000000"))
SMALL, SMALL_NAME = 100_000, "small"
FILE = Path(__file__).with_suffix(".sql")
BIG = ("credit_deduction_ledger", "credit_source_draw", "token_usage_ledger")
FOR_THE_SESSION = (
    "set synchronous_commit = off; set maintenance_work_mem = '1GB'; set work_mem = '1GB';"
    " set max_parallel_maintenance_workers = 2"
)
# Foreign keys fall before what they refer to, and stand up after it.
CONSTRAINTS = """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    from pg_constraint
    where (conrelid = any(%(tables)s::regclass[]) or confrelid = any(%(tables)s::regclass[]))
        and contype in ('f', 'u', 'p')
    order by contype = 'f' desc, conrelid::regclass::text, conname
"""
INDEXES = """
    select indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    from pg_index
    where indrelid = any(%(tables)s::regclass[])
        and indexrelid not in (select conindid from pg_constraint where conindid <> 0)
"""


def prepared(scratch: Scratch) -> int:
    """Make the big ledger and, in a database beside it, the small one, unless they are there; return the rows."""
    server = Server(scratch)
    with scratch.owner() as owner:
        if owner.execute("select from token_usage_ledger limit 1").fetchone() is None:
            for statement in BOOKS.split(";"):
                owner.execute(statement.encode())
            owner.close()
            server.administrator(
                f"create database {SMALL_NAME} owner {embedded.OWNER} template {embedded.DATABASE}",
            )
            with server.careless():
                for name, rows in ((SMALL_NAME, SMALL), (embedded.DATABASE, ROWS)):
                    with server.owner(name) as connection:
                        prepare(connection, rows, CUSTOMERS)
    return ROWS


def prepare(owner: Connection, rows: int, customers: int) -> None:
    """Write so many requests of so many customers into books that have none yet."""
    started = time.perf_counter()
    owner.execute(FOR_THE_SESSION)
    tables = {"tables": list(BIG)}
    with owner.transaction():
        constraints = owner.execute(CONSTRAINTS, tables).fetchall()
        indexes = owner.execute(INDEXES, tables).fetchall()
        for table, name, _ in constraints:
            owner.execute(f"alter table {table} drop constraint {name}".encode())
        for name, _ in indexes:
            owner.execute(f"drop index {name}".encode())
        for statement in FILE.read_text().split(";\n"):
            owner.execute(statement.encode(), {"rows": rows, "customers": customers} if "%(" in statement else None)
            _say(started, statement)
        for table, name, definition in reversed(constraints):
            owner.execute(f"alter table {table} add constraint {name} {definition}".encode())
        _say(started, "constraints")
        for _, definition in indexes:
            owner.execute(str(definition).encode())
        _say(started, "indexes")
    owner.execute("vacuum analyze")
    print(f"    {rows:,} requests prepared in {time.perf_counter() - started:,.0f} s", flush=True)


def _say(started: float, statement: str) -> None:
    words = statement.strip().splitlines()[-1 if statement.startswith("--") else 0]
    print(f"      {time.perf_counter() - started:6.1f} s  {words[:70]}", flush=True)
