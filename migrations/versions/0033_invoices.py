"""invoices."""

from migrations.files import run_sql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0033_invoices.sql."""
    run_sql("0033_invoices")
