"""The HTML edge: read the request, make one call, render."""

import importlib
import pkgutil

from flask import Blueprint, Flask

from dashboard.pages import errors


def register(app: Flask) -> None:
    """Register every blueprint named `bp` in this package and the areas below it."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        blueprint = getattr(importlib.import_module(module.name), "bp", None)
        if isinstance(blueprint, Blueprint):
            app.register_blueprint(blueprint)
    errors.register(app)
