"""Giving credits back, and asking a second person."""

from migrations.files import run_sql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0014_reversals.sql."""
    run_sql("0014_reversals")
