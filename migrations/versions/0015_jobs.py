"""Background work, outgoing webhooks and key rotation."""

from migrations.files import run_sql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0015_jobs.sql."""
    run_sql("0015_jobs")
