"""Deltas, summaries and what a ledger row adds to them."""

from migrations.files import run_sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0004_summaries.sql."""
    run_sql("0004_summaries")
