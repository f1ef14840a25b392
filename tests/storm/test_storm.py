"""A short round of each storm; `make storm` runs the long ones."""

import json
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import psutil
import pytest

from benchmarks.scratch import Scratch, scratch
from benchmarks.storm.approvals import contested_approvals
from benchmarks.storm.charges import Size, storm
from benchmarks.storm.company import MODEL, STARTED, customer, found, request_id
from benchmarks.storm.contests import double_clicks, last_credit
from benchmarks.storm.incidents import Incident, incident
from dashboard.actions.charge_request import charge_request
from dashboard.actions.charge_together import Given, together
from dashboard.actions.record_usage import as_row
from dashboard.engine.actors import SHELL
from dashboard.engine.receipts import Receipt
from dashboard.engine.usage import UsageEvent, Window, read_usage
from tests.processes import postmaster


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


def test_of_a_batch_killed_in_the_middle_every_deduction_is_given_back_once(own: Scratch, seed: int) -> None:
    assert incident(own, seed, Incident(deductions=300, kills=1, command=("run-batches",), held=True)) == []


def test_who_charges_after_the_server_was_killed_does_not_notice(own: Scratch, seed: int) -> None:
    found(own, seed, [100])
    outcomes = []
    for number in (1, 2, 2):
        outcomes.append(_charged(own, request_id(seed, number)).outcome)
        _kill_server(own)
    assert outcomes == ["charged", "charged", "replayed"]


def test_those_who_are_charged_together_do_not_notice_either(own: Scratch, seed: int) -> None:
    found(own, seed, [100] * 3)
    outcomes = []
    for numbers in ((1, 2, 3), (4, 5, 6), (4, 5, 6)):
        given = [_given(request_id(seed, number), number % 3) for number in numbers]
        with own.app.app_context():
            outcomes.append({receipt.outcome for receipt in together(given)})
        _kill_server(own)
    assert outcomes == [{"charged"}, {"charged"}, {"replayed"}]


def _kill_server(own: Scratch) -> None:
    """With its backends: one that serves its last request yet would hide that the server is gone."""
    running = psutil.Process(postmaster(own.settings.data_dir) or 0)
    for process in (running, *running.children()):
        process.kill()


def _charged(own: Scratch, request: str) -> Receipt:
    now = datetime.now(UTC)
    with own.app.app_context():
        return charge_request(SHELL, _usage(request, 0, now), now)


def _given(request: str, number: int) -> Given:
    now = datetime.now(UTC)
    usage = _usage(request, number, now)
    row = {**as_row(usage), "customer": usage.customer, "provider": usage.provider}
    return {"event": json.dumps(row), "api_key_id": None, "now": now}


def _usage(request: str, number: int, now: datetime) -> UsageEvent:
    raw = {
        "customer": customer(number), "request_id": request, "provider": "openai", "model": MODEL, "input_tokens": 1,
        "output_tokens": 0, "request_started_at": STARTED,
    }  # fmt: skip
    return read_usage(raw, Window(datetime.min.replace(tzinfo=UTC), now))


def test_of_many_who_approve_overlapping_prices_at_once_one_does(own: Scratch, seed: int) -> None:
    assert contested_approvals(own, seed, rounds=20, racers=24) == []
