"""What the database says its tables are."""

from dataclasses import dataclass

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class SchemaColumn:
    """One column; the type as PostgreSQL writes it."""

    table_name: str
    column_name: str
    type_name: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class SchemaKey:
    """A primary key, or a foreign key and what it points to."""

    table_name: str
    is_primary: bool
    columns: list[str]
    target_table: str | None
    target_columns: list[str]


@dataclass(frozen=True, slots=True)
class SchemaRevision:
    """The server, and how far its schema has come."""

    revision: str | None
    server_version: str
    database: str
    role: str


schema_columns = Query("control/schema_columns", SchemaColumn)
schema_keys = Query("control/schema_keys", SchemaKey)
schema_revision = Query("control/schema_revision", SchemaRevision)
