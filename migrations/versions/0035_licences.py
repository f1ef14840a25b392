"""licences."""

from migrations.files import run_sql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0035_licences.sql."""
    run_sql("0035_licences")
