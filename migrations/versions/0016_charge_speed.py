"""Charging with fewer and cheaper checks."""

from migrations.files import run_sql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0016_charge_speed.sql."""
    run_sql("0016_charge_speed")
