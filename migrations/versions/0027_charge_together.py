"""Requests that wait together are charged together."""

from migrations.files import run_sql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0027_charge_together.sql."""
    run_sql("0027_charge_together")
