"""Corrections of usage as a job that can be left, and goes on after a kill."""

from migrations.files import run_sql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0026_correction_runs.sql."""
    run_sql("0026_correction_runs")
