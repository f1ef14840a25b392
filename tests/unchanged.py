"""A refusal changes nothing: every row of every table, before and after."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import text

from dashboard import db

# A clock and counters of attempts, not records of an act.
TABLES = """
    select table_name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not in ('throttle', 'api_key_rate')
    order by table_name
"""
ROWS = """
    select count(*) || ' ' || coalesce(md5(string_agg(md5({row}), '' order by md5({row}))), '') from "{table}" as found
"""
# When a key was last seen is noted by every call, also by one that is refused.
SEEN = {"api_key": "(to_jsonb(found) - 'last_used_at')::text"}


def everything(app: Flask) -> dict[str, str]:
    """How many rows each table has, and one hash of them all."""
    with app.app_context(), db.snapshot() as connection:
        tables = connection.execute(text(TABLES)).scalars().all()
        return {
            table: connection.execute(
                text(ROWS.format(table=table, row=SEEN.get(table, "found::text").replace("::", r"\:\:")))
            ).scalar_one()
            for table in tables
        }


@contextmanager
def unchanged(app: Flask) -> Iterator[None]:
    """Fail, naming the tables, if what happens in here changes a row."""
    before = everything(app)
    yield
    after = everything(app)
    assert [table for table in after if after[table] != before.get(table)] == []
