"""Tiers, credit policy and scenarios."""

from migrations.files import run_sql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0021_tiers_policy.sql."""
    run_sql("0021_tiers_policy")
