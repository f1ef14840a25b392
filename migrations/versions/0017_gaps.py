"""What the charging engine still lacked."""

from migrations.files import run_sql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0017_gaps.sql."""
    run_sql("0017_gaps")
