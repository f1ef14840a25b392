"""Rating and charging in the database."""

from migrations.files import run_sql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0007_charging.sql."""
    run_sql("0007_charging")
