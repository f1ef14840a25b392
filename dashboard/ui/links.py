"""Addresses: the page we are on with one thing changed, so that every state is a link."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

Direction = Literal["ascending", "descending"]


@dataclass(frozen=True)
class Sort:
    """The order of a table, as `?sort=-margin` says it: a minus is descending."""

    key: str
    direction: Direction = "descending"

    @classmethod
    def parse(cls, value: str | None, allowed: tuple[str, ...], default: str) -> "Sort":
        """Take the order asked for if this table knows it, else its default."""
        wanted = value if value and value.removeprefix("-") in allowed else default
        return cls(wanted.removeprefix("-"), "descending" if wanted.startswith("-") else "ascending")

    def next(self, key: str, *, numeric: bool) -> str:
        """Say what a click on a heading asks for: the other way round, numbers first descending."""
        if key == self.key:
            return key if self.direction == "descending" else f"-{key}"
        return f"-{key}" if numeric else key


def url_with(**changes: object) -> str:
    """Link to the same page with these query values replaced; None removes one, a list gives several."""
    query: MultiDict[str, object] = MultiDict(request.args.items(multi=True))
    for name, value in changes.items():
        query.setlist(name, [] if value is None else value if isinstance(value, list) else [value])
    return _url(query)


def url_without(name: str, value: str) -> str:
    """Link to the same page without one value of a filter: what a chip does."""
    query: MultiDict[str, object] = MultiDict(request.args.items(multi=True))
    query.setlist(name, [kept for kept in query.getlist(name) if kept != value])
    query.poplist("cursor")
    return _url(query)


def url_to(path: str, **changes: object) -> str:
    """Link to another page with this page's query, less its cursor; `url_for` trips over strangers' names."""
    query: MultiDict[str, object] = MultiDict(request.args.items(multi=True))
    query.poplist("cursor")
    for name, value in changes.items():
        query.setlist(name, [] if value is None else [value])
    return _written(path, query)


def kept_query(*replaced: str) -> list[tuple[str, str]]:
    """List what a GET form must carry along as hidden fields; the cursor of an old list never is."""
    return [(name, value) for name, value in request.args.items(multi=True) if name not in {*replaced, "cursor"}]


def _url(query: "MultiDict[str, object]") -> str:
    return _written(request.root_path + request.path, query)


def _written(path: str, query: "MultiDict[str, object]") -> str:
    written = urlencode([(name, value) for name, value in query.items(multi=True)])
    return path + (f"?{written}" if written else "")
