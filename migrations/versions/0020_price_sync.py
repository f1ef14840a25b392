"""Differences between price lists and what is known."""

from migrations.files import run_sql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0020_price_sync.sql."""
    run_sql("0020_price_sync")
