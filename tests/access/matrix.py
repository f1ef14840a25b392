"""The reviewed table of routes, read; and the requests that try it."""

import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from dashboard.engine.permissions import ROLES

TABLE = Path(__file__).with_name("routes.txt")
LINE = re.compile(r"(?P<method>[A-Z]+)\s+(?P<rule>/(?:<[^>]*>|[^\s<])*)\s+(?P<who>[^+]*?)\s*(?:\+\s*(?P<scope>\S+))?")
AUTOMATIC = frozenset({"HEAD", "OPTIONS"})
VALUES = {
    "filename": "app.css",
    "file_type": "csv",
    "table": "models",
    "part": "aging",
    "name": "finance/margins_by_group",
    "token": "0" * 43,
    "key": "none",
    "scope_id": "999999",
    "seq": "999999",
    "audit_id": "999999",
}


@dataclass(frozen=True)
class Line:
    """One route as the table has it."""

    method: str
    rule: str
    roles: frozenset[str]
    anybody: bool
    scope: str | None

    @property
    def path(self) -> str:
        """An address the rule matches, of nothing that exists."""
        return re.sub(r"<(?:[^:>]*:)?(\w+)>", _value, self.rule)


def table() -> list[Line]:
    """Every line of the reviewed table."""
    written = (line for line in TABLE.read_text().splitlines() if line and not line.startswith("#"))
    return [_line(line) for line in written]


def routes(app: Flask) -> set[tuple[str, str]]:
    """Every method and rule of the app."""
    return {(method, rule.rule) for rule in app.url_map.iter_rules() for method in _methods(rule)}


def _methods(rule: Rule) -> set[str]:
    return set(rule.methods or ()) - AUTOMATIC


def _line(written: str) -> Line:
    found = LINE.fullmatch(written.strip())
    assert found, f"routes.txt: {written}"
    who = found["who"].split()
    assert set(who) <= {*ROLES, "everyone", "anybody"}, f"routes.txt: {written}"
    everyone = "everyone" in who or "anybody" in who
    return Line(found["method"], found["rule"], frozenset(ROLES if everyone else who), "anybody" in who, found["scope"])


def _value(found: "re.Match[str]") -> str:
    return VALUES.get(found[1], "00000000-0000-4000-8000-000000000000")
