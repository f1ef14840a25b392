"""Customers and their subscriptions."""

from migrations.files import run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0002_customers.sql."""
    run_sql("0002_customers")
