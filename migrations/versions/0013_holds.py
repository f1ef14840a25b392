"""Credits held before a request, and deductions that ask first."""

from migrations.files import run_sql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0013_holds.sql."""
    run_sql("0013_holds")
