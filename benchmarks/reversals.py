"""Giving ten thousand deductions back after an incident: at least 1,000 a second, each with its own entry and postings."""

import json
import time
from datetime import UTC, datetime, timedelta

from benchmarks.results import Result
from benchmarks.scratch import Scratch
from benchmarks.storm.company import customer, event, found, request_id
from benchmarks.storm.incidents import order, people, seen_of
from dashboard.actions.run_batches import run_batches
from dashboard.engine.incidents import IncidentFilter

DEDUCTIONS, CUSTOMERS = 10_000, 500
BAR = 1_000


def measure(scratch: Scratch) -> list[Result]:
    found(scratch, 1, [1_000_000] * CUSTOMERS)
    _charge(scratch)
    now = datetime.now(UTC)
    filtered = IncidentFilter(start=now - timedelta(days=1), end=now)
    adam = people(scratch)[1]
    seen_of(scratch, filtered)
    began = time.perf_counter()
    shown = seen_of(scratch, filtered)
    preview = time.perf_counter() - began
    began = time.perf_counter()
    order(scratch, adam, filtered, shown)
    ordered = time.perf_counter() - began
    began = time.perf_counter()
    with scratch.app.app_context():
        handled = run_batches(now=now)
    rate = handled / (time.perf_counter() - began)
    return [
        Result(f"incident batch over {handled:,} deductions", f"{rate:,.0f} reversals/s", f"≥ {BAR:,}", rate >= BAR),
        Result("its preview, fingerprint included", f"{preview * 1000:.0f} ms", "", None),
        Result("ordering it", f"{ordered * 1000:.0f} ms", "", None),
    ]


def _charge(scratch: Scratch) -> None:
    events = [
        {**event(customer(number % CUSTOMERS), request_id(1, number), tokens=1 + number % 5), "position": number}
        for number in range(DEDUCTIONS)
    ]
    with scratch.owner() as owner:
        for first in range(0, DEDUCTIONS, 1000):
            owner.execute("select count(*) from charge_usage(%s::jsonb)", (json.dumps(events[first : first + 1000]),))
        owner.execute("analyze")
