"""Folding and rebuilding the summaries."""

from migrations.files import run_sql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0005_folding.sql."""
    run_sql("0005_folding")
