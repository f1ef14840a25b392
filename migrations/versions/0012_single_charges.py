"""One request at a time: the hot path."""

from migrations.files import run_sql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0012_single_charges.sql."""
    run_sql("0012_single_charges")
