"""Four eyes for every price, held by the database."""

from migrations.files import run_sql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0018_proposals.sql."""
    run_sql("0018_proposals")
