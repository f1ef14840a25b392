"""What was moved by hand is listed without reading the charges between."""

from migrations.files import run_sql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0030_moved_by_hand.sql."""
    run_sql("0030_moved_by_hand")
