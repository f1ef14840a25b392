"""Ledgerline: what a company that sells AI by the credit really earns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from dashboard.config import Settings

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Settings | None = None) -> Flask:
    """Build the app; the only place that knows every part. Connects to nothing."""
    # Imported here, so that a part can be used without loading all the others.
    from flask import Flask  # noqa: PLC0415 - as above

    from dashboard import access, api, cli, db, pages, ui  # noqa: PLC0415 - as above
    from dashboard.config import Settings  # noqa: PLC0415 - as above

    settings = settings or Settings.from_environment()
    app = Flask("dashboard", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.secret_key = settings.secret_key
    db.attach(app, settings)
    ui.register(app, may_open=access.may_open, viewer=access.viewer)
    access.register(app)
    pages.register(app)
    api.register(app)
    cli.register(app)
    access.refuse_unguarded(app)
    return app
