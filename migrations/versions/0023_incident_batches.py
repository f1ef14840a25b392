"""Incident batches."""

from migrations.files import run_sql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0023_incident_batches.sql."""
    run_sql("0023_incident_batches")
