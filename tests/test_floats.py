"""No floating point near money: not in the rules, the tables, the changes, the readings or what comes in."""

import ast
from pathlib import Path
from typing import TypeGuard

import pytest

HOUSE = Path(__file__).resolve().parent.parent / "dashboard"
NEAR_MONEY = ("engine", "store", "actions", "reports", "importers")
# How likely the invented company's customers do what: chances and weights, from which only whole numbers come.
CHANCES = {HOUSE / "importers" / "demo" / name for name in ("models.py", "people.py", "requests.py")}
FILES = sorted({path for part in NEAR_MONEY for path in (HOUSE / part).rglob("*.py")} - CHANCES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_number_near_money_floats(path: Path) -> None:
    tree = ast.parse(path.read_text())
    refused = {id(name) for call in ast.walk(tree) if refuses(call) for name in ast.walk(call)}
    found = [f"line {node.lineno}" for node in ast.walk(tree) if floats(node) and id(node) not in refused]
    assert found == []


def refuses(node: ast.AST) -> bool:
    """Whether this only asks if a value is a float."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"


def floats(node: ast.AST) -> TypeGuard[ast.Constant | ast.Name]:
    """A literal with a point, or the name `float`, as a type or as a call."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    return isinstance(node, ast.Name) and node.id == "float"
