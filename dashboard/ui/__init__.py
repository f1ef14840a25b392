"""What every page shares: how numbers, drawings, tables, files and links are written."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, url_for
from jinja2 import StrictUndefined

from dashboard.ui.assets import asset_url
from dashboard.ui.changes import SHOWN
from dashboard.ui.format import FILTERS, day_range
from dashboard.ui.links import kept_query, url_to, url_with, url_without
from dashboard.ui.navigation import Area, MayOpen, endpoint_at, navigation
from dashboard.ui.scales import date_label

SIGN_OUT_PATH = "/sign-out"
PREFERENCES_PATH = "/preferences"


@dataclass(frozen=True)
class Viewer:
    """Who is signed in, as the shell names them."""

    name: str
    role: str


@dataclass(frozen=True)
class Shell:
    """What surrounds a page: the navigation and the person."""

    areas: tuple[Area, ...]
    viewer: Viewer | None
    sign_out: str | None
    preferences: str | None


def register(
    app: Flask, *, may_open: MayOpen = lambda _: True, viewer: Callable[[], Viewer | None] = lambda: None
) -> None:
    """Install filters, globals and strict templates.

    `may_open(endpoint)` says whether the person may open a page (it decides what the navigation
    shows, never what a route allows); `viewer()` names the person.
    """
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.filters.update(FILTERS)
    environment.filters["bucket"] = date_label
    environment.filters["shown"] = lambda value, kind: SHOWN[kind](value)
    environment.globals |= {
        "asset_url": asset_url,
        "day_range": day_range,
        "url_to": url_to,
        "url_with": url_with,
        "url_without": url_without,
        "kept_query": kept_query,
        "shell": lambda: _shell(may_open, viewer),
    }


def _shell(may_open: MayOpen, viewer: Callable[[], Viewer | None]) -> Shell:
    return Shell(navigation(may_open), viewer(), _url(SIGN_OUT_PATH, "POST"), _url(PREFERENCES_PATH))


def _url(path: str, method: str = "GET") -> str | None:
    endpoint = endpoint_at(path, method)
    return url_for(endpoint) if endpoint else None
