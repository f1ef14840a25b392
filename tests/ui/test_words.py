"""What stands in the audit log is read in words."""

import ast
from pathlib import Path

from dashboard.engine.reversals import REASONS
from dashboard.ui.words import WORDS, why, words

ACTIONS = Path(__file__).resolve().parents[2] / "dashboard" / "actions"


def verbs() -> set[str]:
    """What actions write into the audit log as their verb."""
    found = set()
    for path in ACTIONS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
                verb = node.args[2]
                if isinstance(verb, ast.Constant) and isinstance(verb.value, str):
                    found.add(verb.value)
    return found


def test_every_act_has_words_of_its_own() -> None:
    assert "reverse_entry" in verbs()
    assert verbs() - WORDS.keys() == set()
    assert words("reverse_entry") == "Gave credits back"


def test_a_reason_from_a_list_is_read_by_its_title_and_any_other_as_it_was_written() -> None:
    assert why("duplicate") == REASONS["duplicate"]
    assert why("The customer called twice") == "The customer called twice"
