"""Background work, outgoing webhooks and key rotation."""

from alembic import op

from migrations.files import run_sql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the job queue as its library describes them, then apply migrations/sql/0015_jobs.sql."""
    # Every start reads this file; only the one that migrates needs the library.
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - as above

    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    run_sql("0015_jobs")
