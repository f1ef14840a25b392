"""What the application's role may do."""

from migrations.files import run_sql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0009_privileges.sql."""
    run_sql("0009_privileges")
