"""One query, one file, one row type; held against a freshly migrated PostgreSQL."""

import importlib
import pkgutil
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from types import GenericAlias, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from psycopg import pq
from sqlalchemy import Connection

from dashboard import reports, store
from dashboard.drift import prepared
from dashboard.reports.checks import LAWS, rows_covered
from dashboard.sql import QUERIES, Query

# Floating point has no entry: a query that returns one is refused.
PYTHON_TYPE: dict[str, type] = {
    "bool": bool,
    "bytea": bytes,
    "date": date,
    "int2": int,
    "int4": int,
    "int8": int,
    "numeric": Decimal,
    "text": str,
    "timestamptz": datetime,
    "uuid": UUID,
}


def every_query() -> list[Query[Any]]:
    for package in (reports, store):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    return sorted(Query.declared.values(), key=lambda query: query.name)


def columns_of(connection: Connection, query: Query[Any]) -> list[tuple[str, Any]]:
    """Ask PostgreSQL what the query returns, without running it."""
    result = prepared(connection, query.source)
    assert result.status == pq.ExecStatus.COMMAND_OK, f"{query.path.name}: {result.error_message.decode()}"
    driver = connection.connection.driver_connection
    assert driver is not None
    described = driver.pgconn.describe_prepared(b"")
    return [
        ((described.fname(i) or b"").decode(), python_type(driver, described.ftype(i)))
        for i in range(described.nfields)
    ]


def python_type(driver: Any, oid: int) -> Any:
    found = driver.adapters.types.get(oid)
    assert found is not None, f"no type is known for {oid}"
    if found.name in {"json", "jsonb"}:
        return Any
    if found.array_oid == oid:
        return GenericAlias(list, (PYTHON_TYPE[found.name],))
    return PYTHON_TYPE[found.name]


def fields_of(row: type[Any]) -> list[tuple[str, Any]]:
    hints = get_type_hints(row)
    return [(field.name, without_none(hints[field.name])) for field in fields(row)]


def without_none(hint: Any) -> Any:
    """PostgreSQL says types, not nullability: `X | None` is X here."""
    if get_origin(hint) in {Union, UnionType}:
        (hint,) = (part for part in get_args(hint) if part is not NoneType)
    return Any if hint is dict or get_origin(hint) is dict else hint


@pytest.mark.parametrize("query", every_query(), ids=lambda query: query.name)
def test_columns_are_the_fields_of_the_row_type(connection: Connection, query: Query[Any]) -> None:
    assert columns_of(connection, query) == fields_of(query.row)


def test_every_file_is_declared_once() -> None:
    on_disk = {str(path.relative_to(QUERIES).with_suffix("")) for path in QUERIES.rglob("*.sql")}
    assert on_disk == {query.name for query in every_query()}


def test_every_law_says_how_many_rows_it_covers(connection: Connection) -> None:
    assert [row.law for row in rows_covered.all(connection)] == [law.name for law in LAWS]


def test_a_missing_or_unknown_parameter_is_refused(connection: Connection) -> None:
    with pytest.raises(TypeError, match="takes"):
        rows_covered.all(connection, since=1)
