"""Alembic's entry: dashboard/migrate.py hands over the owner's connection, under its lock."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
