"""One audit line for every act: no action writes and no form is taken without one, but for a reason that stands here."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2] / "dashboard"
ACTIONS = {path.stem: path for path in sorted((HOUSE / "actions").glob("*.py"))}
EDGES = sorted([*(HOUSE / "pages").rglob("*.py"), *(HOUSE / "api").rglob("*.py")])
OPENS = {"transaction", "owner_connection", "single_statement"}
UNSAFE = {"post", "put", "patch", "delete"}
BOOKS = "usage, holds and charges are their own record: a line each would be a second ledger, and one head for all to wait for"
CLOCK = "the clock does it, and what it writes says so itself"
DERIVED = "what it writes is derived from the ledgers and changes no figure"
COUNTED = "counts attempts and calls, which are no acts"
WORKS = "carries out, in pieces, what was recorded when somebody asked for it"
PREVIEW = "says what the form as typed would do; nothing is kept"
READS = "reads inside a transaction and writes nothing"
# Actions (or one function of theirs) that write and leave no line, and why.
WITHOUT = {
    "add_key_calls": COUNTED,
    "add_customers:sold_tiers": READS,
    "allocate_period": "an allowance is its own record, in two tables",
    "answer_once": "keeps the answer to a call beside the act that is recorded, for a day",
    "begin_import": "the end of the import is recorded, with what came of it",
    "charge_request": BOOKS,
    "charge_together": BOOKS,
    "check_price": READS,
    "clear_old_records": CLOCK,
    "correct_usage:try_corrections": READS,
    "deliver_webhook": "every delivery is a row of its own, with each try",
    "find_customer": READS,
    "fold_usage": DERIVED,
    "keep_rejects": "what was refused is kept as it came, for 90 days",
    "mark_demo": "says that a database is the demo's, before there is anybody",
    "place_hold": BOOKS,
    "post_expiries": CLOCK,
    "post_grants": "an allowance is its own record in two tables, and imported openings are part of the import",
    "raise_notices": CLOCK,
    "rebuild_usage": DERIVED,
    "reckon_plan_change": READS,
    "record_usage": BOOKS,
    "release_hold": BOOKS,
    "remind_approvers": CLOCK,
    "report_usage": BOOKS,
    "run_batches": WORKS,
    "run_impact": WORKS,
    "run_job": "every run of a job is a row of its own",
    "seal_audit": "seals the lines: one about sealing would never end",
    "send_mail": "every e-mail is a row of its own, with each try",
    "settle_hold": BOOKS,
    "throttling": COUNTED,
    "touch_api_key": COUNTED,
    "touch_session": COUNTED,
}
# Forms and calls that lead to no recorded act, and why.
FORMS_WITHOUT = {
    "pages/pricing/proposals/routes.py:preview": PREVIEW,
    "pages/support/hand/deductions.py:preview": PREVIEW,
    "pages/support/hand/grants.py:preview": PREVIEW,
    "pages/support/receipts/routes.py:preview": PREVIEW,
    "pages/billing/coupons/terms.py:preview": PREVIEW,
    "pages/billing/coupons/terms.py:preview_edit": PREVIEW,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A function of a file."""

    path: Path
    name: str


@cache
def functions_of(path: Path) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


@cache
def imported(path: Path) -> dict[str, tuple[str, str | None]]:
    """By its name in a file: the action module, and the function of it that was imported; None for the module."""
    found: dict[str, tuple[str, str | None]] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("dashboard.actions"):
            module = node.module.removeprefix("dashboard.actions").removeprefix(".")
            for alias in node.names:
                whole = not module
                found[alias.asname or alias.name] = (alias.name, None) if whole else (module, alias.name)
    return found


def named_in(place: Place) -> Iterator[tuple[str, str | None]]:
    """What a function names: a name, or an attribute of one."""
    for node in ast.walk(functions_of(place.path)[place.name]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr
        elif isinstance(node, ast.Name):
            yield node.id, None


@cache
def reached(place: Place) -> frozenset[Place]:
    """A function, and every function of ours it leads to, in its own file and in actions."""
    found: set[Place] = set()
    waiting = [place]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        for name, attribute in named_in(one):
            if name in functions_of(one.path):
                waiting.append(Place(one.path, name))
            module, function = imported(one.path).get(name, ("", None))
            target = function or attribute
            if module in ACTIONS and target and target in functions_of(ACTIONS[module]):
                waiting.append(Place(ACTIONS[module], target))
    return frozenset(found)


def touches(place: Place, words: set[str]) -> bool:
    return any({name, attribute} & words for one in reached(place) for name, attribute in named_in(one))


ACTS = [
    Place(path, name)
    for path in ACTIONS.values()
    for name in functions_of(path)
    if not name.startswith("_") and touches(Place(path, name), OPENS)
]


def called(place: Place) -> str:
    return f"{place.path.stem}:{place.name}"


@pytest.mark.parametrize("act", ACTS, ids=called)
def test_an_act_leaves_a_line_or_its_reason_stands_here(act: Place) -> None:
    reason = WITHOUT.get(called(act), WITHOUT.get(act.path.stem))
    assert touches(act, {"record"}) is (reason is None), reason or "no call of record(), and no reason here"


def test_every_reason_is_of_an_action_that_writes() -> None:
    assert WITHOUT.keys() <= {act.path.stem for act in ACTS} | {called(act) for act in ACTS}


FORMS = [
    Place(path, name)
    for path in EDGES
    for name, node in functions_of(path).items()
    if any(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in UNSAFE
        for one in node.decorator_list
    )
]


def address(form: Place) -> str:
    return f"{form.path.relative_to(HOUSE)}:{form.name}"


@pytest.mark.parametrize("form", FORMS, ids=address)
def test_a_form_or_call_leads_to_a_recorded_act_or_its_reason_stands_here(form: Place) -> None:
    leads = {place.path.stem for place in reached(form)}
    accounted = touches(form, {"record"}) or bool(leads & WITHOUT.keys())
    assert accounted is (address(form) not in FORMS_WITHOUT), f"it leads to {sorted(leads)}"


def test_there_are_forms_to_look_at_and_every_reason_is_of_one() -> None:
    assert len(FORMS) > 50
    assert set(FORMS_WITHOUT) <= {address(form) for form in FORMS}
