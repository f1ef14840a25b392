"""Posting grants and expiries."""

from migrations.files import run_sql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0008_granting.sql."""
    run_sql("0008_granting")
