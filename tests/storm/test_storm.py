"""A short round of each storm; `make storm` runs the long ones."""

import os
import secrets
from collections.abc import Iterator

import pytest

from benchmarks.scratch import Scratch, scratch
from benchmarks.storm.charges import Size, storm


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scratch]:
    for name in ("DATABASE_URL", "APP_DATABASE_URL"):
        if name in os.environ:
            monkeypatch.delenv(name)
    with scratch() as own:
        yield own


@pytest.fixture
def seed() -> int:
    seed = secrets.randbelow(2**32)
    print(f"seed {seed}")
    return seed


def test_whatever_is_killed_every_acknowledged_charge_is_there_once(own: Scratch, seed: int) -> None:
    size = Size(charges=1500, clients=12, customers=30, kills=3, pause=0.5)
    assert storm(own, seed, size) == []
