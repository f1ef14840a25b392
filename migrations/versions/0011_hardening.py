"""What attacks taught."""

from migrations.files import run_sql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0011_hardening.sql."""
    run_sql("0011_hardening")
