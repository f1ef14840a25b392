"""A short round of each storm; `make storm` runs the long ones."""

import os
import secrets
from collections.abc import Iterator

import pytest

from benchmarks.scratch import Scratch, scratch
from benchmarks.storm.charges import Size, storm
from benchmarks.storm.contests import double_clicks, last_credit


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
    size = Size(charges=1500, clients=12, customers=30, kills=3)
    assert storm(own, seed, size) == []


def test_over_http_too_while_workers_are_killed(own: Scratch, seed: int) -> None:
    assert storm(own, seed, Size(charges=300, clients=8, customers=10, kills=3), over_http=True) == []


def test_of_many_who_want_the_last_credit_one_gets_it(own: Scratch, seed: int) -> None:
    assert last_credit(own, seed, rounds=40, racers=25) == []


def test_of_many_who_reverse_a_charge_at_once_one_does(own: Scratch, seed: int) -> None:
    assert double_clicks(own, seed, rounds=40, racers=10) == []
