"""Providers, models, vendor prices, tiers, policy and multipliers."""

from migrations.files import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0001_catalogue.sql."""
    run_sql("0001_catalogue")
