"""The net catches fish: every fault of the catalogue makes the test fail that is named for it."""

import json
import subprocess
import sys
from typing import Any

import pytest

from dashboard.embedded import Urls
from tests.faults.runner import FAULTS, NO_FAULT
from tests.processes import ROOT

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, template: Urls) -> dict[str, Any]:
    """Run those that were chosen, two at a time."""
    chosen = [
        item.callspec.params["name"]
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    ]
    command = [sys.executable, "-m", "tests.faults.runner", template.owner, NO_FAULT, *chosen]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(lines) == len(chosen) + 1, ran.stderr[-3000:]
    return {line["name"]: line for line in lines}


def test_without_a_fault_every_one_of_these_tests_passes(results: dict[str, Any]) -> None:
    assert results[NO_FAULT]["counts"].keys() == {"passed"}, results[NO_FAULT]["said"]


@pytest.mark.parametrize("name", FAULTS, ids=[name.replace(" ", "-") for name in FAULTS])
def test_a_fault_is_noticed(results: dict[str, Any], name: str) -> None:
    result = results[name]
    assert result["counts"].get("failed"), f"{FAULTS[name].test} did not fail:\n{result['said']}"


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) >= 30
