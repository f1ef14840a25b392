"""Balances, grants, the credit ledger, its postings and the usage ledger."""

from migrations.files import run_sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0003_ledgers.sql."""
    run_sql("0003_ledgers")
