"""Migrations are SQL files; this runs one of them."""

from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"


def run_sql(name: str) -> None:
    """Execute migrations/sql/<name>.sql in the migration's transaction."""
    op.get_bind().exec_driver_sql((SQL / f"{name}.sql").read_text())
