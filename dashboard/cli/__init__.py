"""The command line: every command is `flask <name>`, and finds the database up and migrated."""

import importlib
import pkgutil
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from dashboard import db, migrate

P = ParamSpec("P")
R = TypeVar("R")


def register(app: Flask) -> None:
    """Add the commands of every module in this folder to `flask`."""
    for module in pkgutil.iter_modules(__path__):
        for command in _commands(importlib.import_module(f"{__name__}.{module.name}")):
            app.cli.add_command(command)


def ready(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a command's function: it runs with the app, the database up and migrated, without time limit."""

    @wraps(function)
    def prepared(*args: P.args, **kwargs: P.kwargs) -> R:
        make_ready()
        return function(*args, **kwargs)

    return with_appcontext(prepared)


def make_ready() -> None:
    """Start the database if need be and migrate it; a refusal is one sentence on stderr."""
    signal.signal(signal.SIGTERM, _leave)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the documented way to the app itself
    migrate.upgrade(db.urls(app.config["LEDGERLINE"]).owner)
    db.without_timeout(app)


def tidy() -> None:
    """After bulk changes: give the planner its statistics and the pages of what was folded away back."""
    with db.owner_connection() as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")


def _commands(module: object) -> list[click.Command]:
    """Return the commands a module defines, without the ones inside its groups."""
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, click.Command) and getattr(value.callback, "__module__", None) == module.__name__  # type: ignore[attr-defined]
    ]
    inner = {id(child) for group in own if isinstance(group, click.Group) for child in group.commands.values()}
    return [command for command in own if id(command) not in inner]


def _leave(number: int, _frame: object) -> None:
    """End as by Ctrl-C, so that transactions roll back and the database is left in order."""
    sys.exit(128 + number)
