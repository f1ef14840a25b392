"""Notices to those who approve."""

from migrations.files import run_sql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0022_notices.sql."""
    run_sql("0022_notices")
