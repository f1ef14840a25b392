"""Schema truth: whether the models and every file in queries/ fit the database that is there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import pq
from sqlalchemy import Connection, ForeignKeyConstraint, Table, text
from sqlalchemy.dialects import postgresql

from dashboard import store
from dashboard.config import CannotStart
from dashboard.reports.schema import schema_columns, schema_keys
from dashboard.sql import QUERIES

NUMBERED = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped

TABLE = "a table"

Facts = dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which code and database disagree; None where one side has nothing."""

    kind: str
    name: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        """Name the thing and both sides in one line."""
        return f"{self.kind} {self.name}: expected {self.expected or 'nothing'}, found {self.found or 'nothing'}"


def drift(connection: Connection) -> list[Difference]:
    """Compare the models with the catalogue and let PostgreSQL prepare every query; empty when all fit."""
    return [*_between(_of_models(), _of_catalogue(connection)), *_unprepared(connection)]


def refuse_drift(connection: Connection) -> None:
    """Raise CannotStart, naming the first differences, when code and database disagree."""
    differences = drift(connection)
    if differences:
        first = "; ".join(str(difference) for difference in differences[:3])
        more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""  # noqa: PLR2004 - the three named above
        message = (
            f"The database does not have the schema of this version ({first}{more}); nothing was changed: "
            "run `flask migrate`, or undo what was changed by hand."
        )
        raise CannotStart(message)


def prepared(connection: Connection, source: str) -> pq.abc.PGresult:
    """Let PostgreSQL prepare a query's text without running it; the result says whether and why not."""
    statement = str(text(source).compile(dialect=NUMBERED))
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("The connection is closed.")
    result: pq.abc.PGresult = driver.pgconn.prepare(b"", statement.encode())
    return result


def _between(expected: Facts, found: Facts) -> Iterator[Difference]:
    lone = {name for kind, name in expected.keys() ^ found.keys() if kind == "table"}
    for kind, name in sorted(expected.keys() | found.keys()):
        sides = expected.get((kind, name)), found.get((kind, name))
        of_lone_table = kind != "table" and re.split("[. ]", name)[0] in lone
        if sides[0] != sides[1] and not of_lone_table:
            yield Difference(kind, name, *sides)


def _of_models() -> Facts:
    facts: Facts = {}
    for table in store.tables().tables.values():
        facts["table", table.name] = TABLE
        facts.update(_columns(table))
        facts["primary key", table.name] = _listed(table.primary_key.columns.keys())
        facts.update(_foreign_keys(table))
    return facts


def _columns(table: Table) -> Facts:
    return {
        ("column", f"{table.name}.{column.name}"): _column(
            column.type.compile(NUMBERED).lower().replace(", ", ","), nullable=bool(column.nullable)
        )
        for column in table.columns
    }


def _foreign_keys(table: Table) -> Facts:
    keys = (key for key in table.constraints if isinstance(key, ForeignKeyConstraint))
    return {
        ("foreign key", f"{table.name} {_listed(key.column_keys)}"): (
            f"{key.referred_table.name} {_listed([element.column.name for element in key.elements])}"
        )
        for key in keys
    }


def _of_catalogue(connection: Connection) -> Facts:
    facts: Facts = {}
    for column in schema_columns.all(connection):
        facts["table", column.table_name] = TABLE
        named = ("column", f"{column.table_name}.{column.column_name}")
        facts[named] = _column(column.type_name, nullable=column.nullable)
    for key in schema_keys.all(connection):
        if key.is_primary:
            facts["primary key", key.table_name] = _listed(key.columns)
        else:
            named = ("foreign key", f"{key.table_name} {_listed(key.columns)}")
            facts[named] = f"{key.target_table} {_listed(key.target_columns)}"
    return facts


def _column(type_name: str, *, nullable: bool) -> str:
    return type_name if nullable else f"{type_name} not null"


def _listed(names: Sequence[str]) -> str:
    return f"({', '.join(names)})"


def _unprepared(connection: Connection) -> Iterator[Difference]:
    for path in sorted(QUERIES.rglob("*.sql")):
        result = prepared(connection, path.read_text())
        if result.status != pq.ExecStatus.COMMAND_OK:
            name = f"queries/{path.relative_to(QUERIES)}"
            yield Difference("query", name, "one PostgreSQL can run", _reason(result))
            # A refused statement ends the transaction's usefulness; a new one sees the same catalogue.
            connection.rollback()


def _reason(result: pq.abc.PGresult) -> str:
    return (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
