"""A replay or a run of corrections that has ended is never changed."""

from migrations.files import run_sql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0031_ended_runs.sql."""
    run_sql("0031_ended_runs")
