"""The house: who may import what, how long a file may be, where SQL may stand."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "dashboard"
LONGEST_FILE = 300
LONGEST_FUNCTION = 70

# The ground every part stands on: settings, the database, one query, one schema.
GROUND = {"config", "db", "embedded", "migrate", "server_log", "server_user", "sql", "drift"}
# part: the parts of ours it may import, besides itself. `cli` opens everything but pages and the API.
MAY_IMPORT = {
    "engine": set(),
    "store": {"engine", "db", "sql"},
    "reports": {"engine", "sql"},
    "actions": {"engine", "store", "db", "sql"},
    "importers": {"actions", "engine"},
    "jobs": {"actions", "engine"},
    "ui": {"engine"},
    "access": {"actions", "reports", "engine", "db", "ui"},
    "pages": {"actions", "reports", "engine", "access", "db", "ui", "sql", "drift", "store"},
    "api": {"actions", "reports", "engine", "access", "db"},
    "cli": {"actions", "reports", "engine", "store", "importers", "jobs", "access", "ui", "web_worker"} | GROUND,
    "drift": {"store", "reports", "sql", "config"},
    "db": {"embedded", "config"},
    "migrate": {"db", "config"},
    "embedded": {"config", "server_log", "server_user"},
    "server_log": {"config"},
    "web_worker": set(),
    "server_user": {"config"},
    "config": set(),
    "sql": set(),
}
# Areas of one part know nothing of each other.
AREAS = ("pages", "importers")
FRAMEWORKS = {"flask", "sqlalchemy", "psycopg", "pandas", "plotly", "alembic", "click", "flask_sqlalchemy"}
CHARTING = {"pandas", "plotly"}
SQL = re.compile(r"\b(select\s.+\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from)\b", re.IGNORECASE | re.DOTALL)
# These speak to a server that has no schema yet, or about the schema itself.
SPEAK_SQL = {"embedded.py", "migrate.py", "db.py"}

FILES = sorted(HOUSE.rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def part_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in it; `from dashboard import db` counts as dashboard.db."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    found = {name.split(".")[1] for name in imports_of(path) if name.startswith("dashboard.")}
    return {part for part in found if part in MAY_IMPORT}


def test_every_part_of_the_house_is_in_the_table() -> None:
    parts = {part_of(path) for path in FILES} - {"__init__"}
    assert parts <= MAY_IMPORT.keys()


@pytest.mark.parametrize("path", [path for path in FILES if part_of(path) != "__init__"], ids=named)
def test_a_file_imports_only_what_its_part_may(path: Path) -> None:
    assert parts_imported(path) - {part_of(path)} <= MAY_IMPORT[part_of(path)]


def test_the_rules_know_no_framework() -> None:
    for path in (HOUSE / "engine").rglob("*.py"):
        assert not {name.split(".")[0] for name in imports_of(path)} & FRAMEWORKS, named(path)


def test_only_the_ui_knows_pandas_and_plotly() -> None:
    for path in FILES:
        if part_of(path) != "ui":
            assert not {name.split(".")[0] for name in imports_of(path)} & CHARTING, named(path)


def test_areas_know_nothing_of_each_other() -> None:
    for part in AREAS:
        for path in (HOUSE / part).rglob("*.py"):
            parts = path.relative_to(HOUSE / part).parts
            others = {
                name.split(".")[2]
                for name in imports_of(path)
                if name.startswith(f"dashboard.{part}.") and (HOUSE / part / name.split(".")[2]).is_dir()
            }
            assert others <= {parts[0]} or len(parts) == 1, named(path)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) < LONGEST_FILE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in SPEAK_SQL], ids=named)
def test_sql_stands_in_queries_and_migrations_only(path: Path) -> None:
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            assert not SQL.search(node.value), f"line {node.lineno}"


def test_no_template_trusts_a_text() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        source = path.read_text()
        assert not re.search(r"\|\s*safe\b", source), path.name
        assert "autoescape false" not in source, path.name


def test_nothing_is_skipped_or_expected_to_fail() -> None:
    forbidden = re.compile(r"pytest\.(skip|importorskip|xfail)|mark\.(skip|skipif|xfail)")
    for path in (ROOT / "tests").rglob("*.py"):
        if path != Path(__file__):
            assert not forbidden.search(path.read_text()), path.name
