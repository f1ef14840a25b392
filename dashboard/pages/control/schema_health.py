"""Control → Schema health: whether code and database agree."""

from flask import Blueprint, Response

from dashboard import store
from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.drift import drift
from dashboard.reports.schema import schema_columns, schema_revision
from dashboard.sql import QUERIES
from dashboard.ui.htmx import render

bp = Blueprint("schema_health", __name__, url_prefix="/control/schema-health")


@bp.get("")
@requires(Permission.SCHEMA_READ)
def index() -> Response:
    """Compare the models and every query with the database, now."""
    with snapshot() as connection:
        columns = schema_columns.all(connection)
        revision = schema_revision.one(connection)
        differences = drift(connection)
    return render(
        "control/schema_health/index.html",
        differences=differences,
        revision=revision,
        tables=len({column.table_name for column in columns}),
        columns=len(columns),
        models=len(store.tables().tables),
        queries=sum(1 for _ in QUERIES.rglob("*.sql")),
        now=now(),
    )
