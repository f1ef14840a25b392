"""Finding customers, and leafing through what happened to one."""

from migrations.files import run_sql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0024_accounts.sql."""
    run_sql("0024_accounts")
