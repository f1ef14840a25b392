"""The rows of charges brought in by COPY: into a schema of tables like those of the books, with all their indexes and keys."""

from collections.abc import Sequence
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
Batch = dict[str, bytes]
# Each table and its columns, in the order in which their keys refer to each other.
Tables = dict[str, str]
WRITTEN = ("credit_deduction_ledger", "credit_source_draw", "token_usage_ledger", "usage_delta")
COLUMNS = """
    select string_agg(quote_ident(attname), ', ' order by attnum)
    from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and attgenerated = '' and attidentity = ''
"""
KEYS = "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'f'"
ROWS = {table: f"select rows.* from {table} as rows join wanted using (request_id)" for table in WRITTEN} | {
    "credit_source_draw": "select rows.* from credit_source_draw as rows"
    " join credit_deduction_ledger as entry using (user_id, seq) join wanted using (request_id)"
}


def clone(owner: Connection) -> Tables:
    """Make a copy of each table: columns, checks, indexes, foreign keys (to the copies where there is one) and rows."""
    tables = {table: str((owner.execute(COLUMNS, (table,)).fetchone() or ("",))[0]) for table in WRITTEN}
    owner.execute("create schema copied")
    for table, columns in tables.items():
        owner.execute(f"create table copied.{table} (like {table} including all)".encode())
        owner.execute(f"insert into copied.{table} ({columns}) select {columns} from {table}".encode())
    for table in tables:
        for name, definition in owner.execute(KEYS, (table,)).fetchall():
            meant = str(definition)
            for other in tables:
                meant = meant.replace(f"REFERENCES {other}(", f"REFERENCES copied.{other}(")
            owner.execute(f"alter table copied.{table} add constraint {name} {meant}".encode())
    owner.execute("create temporary table wanted (request_id uuid primary key)")
    return tables


def taken(owner: Connection, tables: Tables, requests: Sequence[str]) -> Batch:
    """Return what charging these requests wrote, as COPY reads it."""
    owner.execute("truncate wanted")
    owner.execute("insert into wanted select unnest(%s::uuid[])", (list(requests),))
    found = {}
    for table, columns in tables.items():
        with owner.cursor().copy(f"copy (select {columns} from ({ROWS[table]}) as rows) to stdout".encode()) as copy:
            found[table] = b"".join(bytes(part) for part in copy)
    return found


def bring(connection: Connection, tables: Tables, batch: Batch) -> None:
    """COPY a batch into the copied tables, in one transaction."""
    with connection.transaction():
        for table, columns in tables.items():
            with connection.cursor().copy(f"copy copied.{table} ({columns}) from stdin".encode()) as copy:
                copy.write(batch[table])
