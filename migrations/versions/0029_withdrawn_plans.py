"""A version of a tier or of the credit policy that has not begun can be taken back."""

from migrations.files import run_sql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0029_withdrawn_plans.sql."""
    run_sql("0029_withdrawn_plans")
