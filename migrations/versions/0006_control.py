"""Operators, sessions, keys, audit, imports and proofs."""

from migrations.files import run_sql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply migrations/sql/0006_control.sql."""
    run_sql("0006_control")
