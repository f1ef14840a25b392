"""`flask migrate`: bring the database to this version's schema."""

import click
from flask import current_app

from dashboard import db, migrate
from dashboard.cli import ready


@click.command("migrate")
@ready
def migrate_database() -> None:
    """Bring the database to this version's schema; does nothing when it is there."""
    revision = migrate.current(db.urls(current_app.config["LEDGERLINE"]).owner)
    click.echo(f"The database has schema {revision}, the newest.")
