"""Arrays of requests: through the database's function and over HTTP, beside COPY of the same rows, turn by turn."""

import http.client
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from statistics import median

from benchmarks import copies, events
from benchmarks.charge_one import BOOKS, CUSTOMERS
from benchmarks.results import Result
from benchmarks.scratch import Scratch
from benchmarks.storm.askers import Web, serving

BAR_FUNCTION, BAR_HTTP = 0.4, 0.2
ROUNDS, LANES, SIZE = 5, 2, 1_000
CALLS = int(os.environ.get("BENCH_CALLS", "10"))
CHARGE = b"select count(*) from charge_usage(%s::jsonb) where outcome = 'charged'"
PATIENCE_SECONDS = 60
Lane = Callable[[], None]


@dataclass(frozen=True)
class Bench:
    """Everything a round needs; a lane is a connection and its own customers, so that nobody waits for the other."""

    owner: copies.Connection
    lanes: Sequence[copies.Connection]
    sources: Sequence[Iterator[events.Event]]
    tables: copies.Tables
    web: Web


def measure(scratch: Scratch) -> list[Result]:
    with ExitStack() as open_ones:
        owner = open_ones.enter_context(scratch.owner())
        for statement in BOOKS.split(";"):
            owner.execute(statement.encode())
        tables = copies.clone(owner)
        half = CUSTOMERS // LANES
        bench = Bench(
            owner,
            [open_ones.enter_context(scratch.owner()) for _ in range(LANES)],
            [events.reported(lane, range(lane * half + 1, lane * half + half + 1)) for lane in range(LANES)],
            tables,
            open_ones.enter_context(serving(scratch)),
        )
        for connection in bench.lanes:
            connection.prepare_threshold = 0
        # One round to warm the caches of both.
        return _results([_round(bench, number) for number in range(ROUNDS + 1)][1:])


def _round(bench: Bench, number: int) -> tuple[float, float, float]:
    """One turn of each: the function, HTTP, and COPY of what the two wrote; requests a second."""
    providers = events.providers_by_name(bench.owner)
    first, second = ([[list(islice(source, SIZE)) for _ in range(CALLS)] for source in bench.sources] for _ in range(2))
    calls = [[events.batch_of(iter(batch), SIZE, providers) for batch in batches] for batches in first]
    bodies = [[json.dumps(batch) for batch in batches] for batches in second]
    function = _rate([_charging(*lane) for lane in zip(bench.lanes, calls, strict=True)], CALLS)
    web = _rate([_posting(bench.web, batches) for batches in bodies], CALLS)
    wrote = [
        [
            copies.taken(bench.owner, bench.tables, [event["request_id"] for event in batch])
            for batch in charged + posted
        ]
        for charged, posted in zip(first, second, strict=True)
    ]
    copying = [_copying(lane, bench.tables, batches) for lane, batches in zip(bench.lanes, wrote, strict=True)]
    copy = _rate(copying, 2 * CALLS)
    name = f"round {number}" if number else "warming"
    print(
        f"    {name:8} COPY {copy:8,.0f}/s   function {function:8,.0f}/s {function / copy:.3f}"
        f"   HTTP {web:8,.0f}/s {web / copy:.3f}",
        flush=True,
    )
    return copy, function, web


def _charging(connection: copies.Connection, calls: Sequence[str]) -> Lane:
    def run() -> None:
        for call in calls:
            charged = connection.execute(CHARGE, (call,)).fetchone()
            if charged is None or charged[0] != SIZE:
                raise RuntimeError(f"charge_usage charged {charged} of {SIZE}")

    return run


def _copying(connection: copies.Connection, tables: copies.Tables, batches: Sequence[copies.Batch]) -> Lane:
    def run() -> None:
        for batch in batches:
            copies.bring(connection, tables, batch)

    return run


def _posting(web: Web, bodies: Sequence[str]) -> Lane:
    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=PATIENCE_SECONDS)
        for body in bodies:
            headers = {"Authorization": f"Bearer {web.key}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/usage", body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200 or json.loads(said)["accepted"] != SIZE:
                raise RuntimeError(f"POST usage answered {answer.status}: {said[:300]!r}")
        connection.close()

    return run


def _rate(lanes: Sequence[Lane], calls: int) -> float:
    """Run the lanes at once and return requests a second."""
    with ThreadPoolExecutor(len(lanes)) as pool:
        started = time.perf_counter()
        for running in [pool.submit(lane) for lane in lanes]:
            running.result()
        return len(lanes) * calls * SIZE / (time.perf_counter() - started)


def _results(rounds: list[tuple[float, float, float]]) -> list[Result]:
    function = median(ours / copy for copy, ours, _ in rounds)
    web = median(ours / copy for copy, _, ours in rounds)
    what = f"{LANES} connections, {SIZE:,} requests a call"
    return [
        Result(
            f"charge_usage ÷ COPY of the same rows ({what})",
            f"{function:.3f}",
            f"≥ {BAR_FUNCTION}",
            function >= BAR_FUNCTION,
        ),
        Result(f"POST /api/v1/usage ÷ the same COPY ({what})", f"{web:.3f}", f"≥ {BAR_HTTP}", web >= BAR_HTTP),
        Result("charge_usage", f"{median(one for _, one, _ in rounds):,.0f} requests/s", "", None),
        Result("POST /api/v1/usage, arrays", f"{median(one for _, _, one in rounds):,.0f} requests/s", "", None),
        Result("reference: COPY into four tables", f"{median(one for one, _, _ in rounds):,.0f} requests/s", "", None),
    ]
