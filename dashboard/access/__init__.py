"""Who is asking and what they may do: one permission per route, or the app does not start."""

from flask import Flask

from dashboard.access import guard, headers, sessions
from dashboard.access.current import current_actor, may_open, now, own_may, shown_visitor, viewer, visitor
from dashboard.access.guard import local_path
from dashboard.access.keys import refuse_unproven, unknown_key
from dashboard.access.policies import Policy, public, refuse_unguarded, requires, signed
from dashboard.access.problems import problem
from dashboard.engine.permissions import ALLOWED, ROLES, Permission, Scope, may

__all__ = [
    "ALLOWED",
    "ROLES",
    "Permission",
    "Policy",
    "Scope",
    "current_actor",
    "local_path",
    "may",
    "may_open",
    "now",
    "problem",
    "public",
    "refuse_unguarded",
    "refuse_unproven",
    "register",
    "requires",
    "sessions",
    "signed",
    "unknown_key",
    "viewer",
    "visitor",
]


def register(app: Flask) -> None:
    """Install sessions, CSRF, the guard of every route, and the headers of every response."""
    sessions.register(app)
    guard.register(app)
    headers.register(app)
    app.jinja_env.globals["may"] = own_may
    app.context_processor(lambda: {"actor": shown_visitor()})
