"""The three queries of the seed document on five million requests, beside a web server that holds 1,000 connections."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import TextClause, text

from benchmarks import ledger
from benchmarks.charge_one import CUSTOMERS
from benchmarks.events import customer
from benchmarks.load import allow_files, held, still_open
from benchmarks.results import Result
from benchmarks.scratch import Scratch
from benchmarks.storm.askers import serving
from benchmarks.web import CONSTANT, HELD
from dashboard.db import snapshot
from dashboard.engine.periods import Period
from dashboard.reports.filters import Filters, days
from dashboard.reports.holds import balance_now
from dashboard.reports.ledger_rows import LAST_ID, ROWS_PER_PAGE, Narrowing, ledger_rows

BAR_MS = 5
ASKED, WARM = 3_000, 300
PLANS = Path(__file__).parent / "plans"
SUBSCRIPTION = text(Path(__file__).with_name("subscription.sql").read_text())
Given = dict[str, object]
Asked = tuple[TextClause, Callable[[str], Given]]


def measure(scratch: Scratch) -> list[Result]:
    rows = ledger.prepared(scratch)
    allow_files()
    results = []
    with serving(scratch) as web, scratch.app.app_context():
        for name, (statement, given) in _questions().items():
            with held(web.port, HELD, CONSTANT) as sockets:
                p99 = _p99_ms(statement, given)
                left = still_open(sockets)
            _keep_plan(name, rows, statement, given(customer(4_711)))
            what = f"{name}, {rows:,} requests, {left:,} connections held: p99"
            results.append(Result(what, f"{p99:.2f} ms", f"< {BAR_MS} ms", p99 < BAR_MS))
            print(f"    {name}: p99 {p99:.2f} ms, {left:,} connections still open", flush=True)
    return results


def _questions() -> dict[str, Asked]:
    now = datetime.now(UTC)
    period = Period(now.date() - timedelta(days=29), now.date() + timedelta(days=1))
    return {
        "balance": (balance_now.statement, lambda one: {"customer": one, "now": now}),
        "first page of 30 days": (ledger_rows.statement, lambda one: _first_page(period, UUID(one))),
        "subscription with allocations and balance": (SUBSCRIPTION, lambda one: {"customer_id": one}),
    }


def _first_page(period: Period, one: UUID) -> Given:
    """As the page asks: everything of one customer, newest first, one row more than it shows."""
    return {
        **days(period),
        **Narrowing(Filters(customers=(one,))).parameters(),
        "at": datetime.combine(period.end, datetime.min.time(), UTC),
        "user_id": LAST_ID,
        "request_id": LAST_ID,
        "most": ROWS_PER_PAGE + 1,
    }


def _p99_ms(statement: TextClause, given: Callable[[str], Given]) -> float:
    chance = Random(1)
    taken = []
    for _ in range(WARM + ASKED):
        parameters = given(customer(chance.randint(1, CUSTOMERS)))
        with snapshot() as connection:
            started = time.perf_counter()
            connection.execute(statement, parameters).all()
            taken.append((time.perf_counter() - started) * 1000)
    return sorted(taken[WARM:])[int(ASKED * 0.99) - 1]


def _keep_plan(name: str, rows: int, statement: TextClause, given: Given) -> None:
    with snapshot() as connection:
        plan = connection.execute(text(f"explain (analyze, buffers)\n{statement.text}"), given).scalars().all()
    PLANS.mkdir(exist_ok=True)
    file = PLANS / f"{name.replace(' ', '_')}.txt"
    file.write_text("\n".join([f"{name}, {rows:,} requests in the ledger", "", *map(str, plan), ""]))
