"""One SQL file, one row type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.dialects import postgresql

if TYPE_CHECKING:
    import psycopg

QUERIES = Path(__file__).resolve().parent.parent / "queries"
ROWS_AT_A_TIME = 1000
# The driver's own parameters: %(name)s.
NAMED = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here

Row = TypeVar("Row")


@dataclass(frozen=True)
class Query(Generic[Row]):
    """A file under queries/ and the dataclass its rows become; the path is the name."""

    name: str
    row: type[Row]

    declared: ClassVar[dict[str, "Query[Any]"]] = {}

    def __post_init__(self) -> None:
        if self.name in self.declared:
            message = f"{self.name} is declared twice"
            raise ValueError(message)
        self.declared[self.name] = self

    @property
    def path(self) -> Path:
        """The file this query is read from."""
        return QUERIES / f"{self.name}.sql"

    @cached_property
    def source(self) -> str:
        """The SQL as written, for the people who want to read it."""
        return self.path.read_text()

    @cached_property
    def statement(self) -> TextClause:
        """The SQL with its named parameters."""
        return text(self.source)

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names this query must be given; no more, no fewer."""
        return frozenset(self.statement.compile().params)

    def all(self, connection: Connection, **given: object) -> list[Row]:
        """Return every row; raise TypeError when the parameters are not exactly those of the file."""
        self._refuse_other(given)
        rows = connection.execute(self.statement, given)
        make = self.row
        return [make(*row) for row in rows]

    def each(self, connection: Connection, **given: object) -> Iterator[Row]:
        """Return the rows as they come, a few at a time, however many there are: for exports."""
        self._refuse_other(given)
        options = {"stream_results": True, "max_row_buffer": ROWS_AT_A_TIME}
        rows = connection.execute(self.statement, given, execution_options=options)
        make = self.row
        return (make(*row) for row in rows)

    def one(self, connection: Connection, **given: object) -> Row:
        """Return the only row; raise if there is none or more than one."""
        self._refuse_other(given)
        return self.row(*connection.execute(self.statement, given).one())

    def directly(self, driver: "psycopg.Cursor[Any]", **given: object) -> Row:
        """Return the only row, asked of the driver itself: for the one path where SQLAlchemy's part counts."""
        rows = self.all_directly(driver, **given)
        if len(rows) != 1:
            message = f"{self.name} returned {len(rows)} rows, not one"
            raise LookupError(message)
        return rows[0]

    def all_directly(self, driver: "psycopg.Cursor[Any]", **given: object) -> list[Row]:
        """Return every row, asked of the driver itself."""
        self._refuse_other(given)
        make = self.row
        return [make(*row) for row in driver.execute(self._for_driver, given).fetchall()]

    @cached_property
    def _for_driver(self) -> bytes:
        return str(self.statement.compile(dialect=NAMED)).encode()

    def _refuse_other(self, given: Mapping[str, object]) -> None:
        if given.keys() != self.parameters:
            message = f"{self.name} takes {sorted(self.parameters)}, not {sorted(given)}"
            raise TypeError(message)
