"""subscriptions."""

from migrations.files import run_sql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0032_subscriptions.sql."""
    run_sql("0032_subscriptions")
