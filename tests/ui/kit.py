"""A small app with nothing but the kit, for tests of the kit."""

from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, DictLoader

from dashboard import ui
from dashboard.ui.navigation import MayOpen

ROOT = Path(__file__).resolve().parents[2]


def kit_app(templates: dict[str, str] | None = None, may_open: MayOpen = lambda _: True) -> Flask:
    """An app with the project's templates, more of them, and a signed-in finance person."""
    app = Flask("kit", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(SECRET_KEY="only-for-tests", TESTING=True)
    CSRFProtect(app)
    ui.register(app, may_open=may_open, viewer=lambda: ui.Viewer("Mara Lindqvist", "finance"))
    app.jinja_env.globals["may"] = lambda _: False
    loader = app.jinja_loader
    app.jinja_loader = ChoiceLoader([DictLoader(templates or {}), *([loader] if loader else [])])
    return app
