"""What moved the balances by day, kind of grant and reason: the roll-forward of what is owed."""

from migrations.files import run_sql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0028_credit_movements.sql."""
    run_sql("0028_credit_movements")
