"""Re-rating real usage under another price."""

from migrations.files import run_sql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0019_impact.sql."""
    run_sql("0019_impact")
