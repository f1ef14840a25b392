"""Sums for a replay, and how often one was begun."""

from migrations.files import run_sql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0025_replays.sql."""
    run_sql("0025_replays")
