"""The SQL behind a number, for whoever wants to read it: only files a report declares."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any

from flask import Blueprint, Response

from dashboard.access import Permission, requires
from dashboard.sql import Query
from dashboard.ui.htmx import refusal, render
from dashboard.ui.navigation import TREE

bp = Blueprint("queries", __name__)

REPORTS, PAGES = "dashboard.reports.", "dashboard.pages."


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as it is read: what it says of itself, its SQL, and where it is used."""

    name: str
    lead: str
    sql: str
    parameters: list[str]
    columns: list[str]
    declared_in: str
    pages: list[tuple[str, str]]


@bp.get("/queries/<path:name>")
@requires(Permission.LEDGER_READ)
def show(name: str) -> Response:
    """Show one query file."""
    query = Query.declared.get(name)
    if query is None:
        return refusal(404, f"There is no query called {name[:80]}.")
    return render("queries/show.html", reading=_reading(query))


def _reading(query: Query[Any]) -> Reading:
    comment, sql = _parted(query.source)
    report = next((module for module in _modules(REPORTS) if query in vars(module).values()), None)
    return Reading(
        name=query.name,
        lead=comment,
        sql=sql,
        parameters=sorted(query.parameters),
        columns=[field.name for field in fields(query.row)],
        declared_in=f"{report.__name__.replace('.', '/')}.py" if report else "",
        pages=_pages(report) if report else [],
    )


def _parted(source: str) -> tuple[str, str]:
    """Part the sentences at the top from the SQL below them."""
    lines = source.splitlines()
    start = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return " ".join(line.removeprefix("--").strip() for line in lines[:start]), "\n".join(lines[start:]).strip("\n")


def _pages(report: ModuleType) -> list[tuple[str, str]]:
    """Name the pages whose code takes something from a report, as (title, path)."""
    users = {module.__name__ for module in _modules(PAGES) if _takes_from(module, report.__name__)}
    return [
        (page.title, page.path)
        for _, pages in TREE
        for page in pages
        if any(f"{user}.".startswith(f"{_module_of(page.path)}.") for user in users)
    ]


def _module_of(path: str) -> str:
    return PAGES + (path.strip("/").replace("/", ".").replace("-", "_") or "overview")


def _takes_from(module: ModuleType, report: str) -> bool:
    taken = vars(module).values()
    return any(getattr(one, "__module__", None) == report or getattr(one, "__name__", None) == report for one in taken)


def _modules(start: str) -> Iterator[ModuleType]:
    return (module for name, module in sorted(sys.modules.items()) if name.startswith(start))
