"""What every installation starts with."""

from migrations.files import run_sql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0010_seed.sql."""
    run_sql("0010_seed")
