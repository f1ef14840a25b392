"""Any order of acts leaves books that keep every law and say what the model says (`--machine-examples` for more)."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from dashboard.embedded import Urls
from tests.conftest import copied
from tests.processes import ROOT

SIDE_BY_SIDE = 2
STEPS = 50


@pytest.fixture
def databases(template: Urls) -> Iterator[list[Urls]]:
    with ExitStack() as stack:
        yield [stack.enter_context(copied(template)) for _ in range(SIDE_BY_SIDE)]


@pytest.mark.timeout(0)
def test_whatever_happens_every_law_holds_and_the_books_say_what_the_model_says(
    databases: list[Urls], pytestconfig: pytest.Config
) -> None:
    examples = int(pytestconfig.getoption("machine_examples"))
    given = pytestconfig.getoption("machine_seed")
    seed = secrets.randbelow(2**32) if given is None else int(given)
    running = [
        _machine(database, -(-examples // SIDE_BY_SIDE), (seed + number) % 2**32)
        for number, database in enumerate(databases)
    ]
    said = [process.communicate()[0] for process in running]
    print(*said)
    failed = [text for process, text in zip(running, said, strict=True) if process.returncode]
    assert not failed, f"--machine-seed={seed} --machine-examples={examples}\n{''.join(failed)}"


def _machine(database: Urls, examples: int, seed: int) -> subprocess.Popen[str]:
    size = (f"--examples={examples}", f"--steps={STEPS}", f"--seed={seed}")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.machine", database.owner, *size],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
