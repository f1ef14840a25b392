"""coupons."""

from migrations.files import run_sql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0034_coupons.sql."""
    run_sql("0034_coupons")
