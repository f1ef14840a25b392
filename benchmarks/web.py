"""One event to POST /api/v1/usage, beside a constant answer of the same server, and at a given rate."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import repeat
from statistics import median

from benchmarks import events
from benchmarks.charge_one import BOOKS, CUSTOMERS
from benchmarks.load import Load, allow_files, held, load, still_open
from benchmarks.results import Result
from benchmarks.scratch import Scratch
from benchmarks.storm.askers import Web, serving

BAR, BAR_P99_MS, RATE, HELD = 0.2, 50, 1_000, 1_000
ROUNDS, LINES, LINES_OF_RATE = 5, 16, 64
SECONDS = int(os.environ.get("BENCH_SECONDS", "6"))
SECONDS_OF_RATE = 2 * SECONDS
CONSTANT = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
FINE = {"200", "201"}


def measure(scratch: Scratch) -> list[Result]:
    allow_files()
    with ExitStack() as open_ones:
        with scratch.owner() as owner:
            for statement in BOOKS.split(";"):
                owner.execute(statement.encode())
        web = open_ones.enter_context(serving(scratch))
        posts = _posts(web)
        rounds = [_round(web, posts, number) for number in range(ROUNDS + 1)][1:]
        alone = _at_a_rate(web, posts, "alone")
        with held(web.port, HELD, CONSTANT) as sockets:
            crowded = _at_a_rate(web, posts, f"beside {HELD:,} connections")
            left = still_open(sockets)
    ratio = median(posted.rate / constant.rate for constant, posted in rounds)
    busy = median(posted.cpu_seconds / posted.seconds for _, posted in rounds)
    return [
        Result("POST /api/v1/usage ÷ GET /healthz, requests/s", f"{ratio:.3f}", f"≥ {BAR}", ratio >= BAR),
        Result("POST /api/v1/usage", f"{median(posted.rate for _, posted in rounds):,.0f}/s", "", None),
        Result("reference: GET /healthz", f"{median(constant.rate for constant, _ in rounds):,.0f}/s", "", None),
        *_of_rate(alone, ""),
        *_of_rate(crowded, f", {HELD:,} connections held"),
        Result("of the held connections, open at the end", f"{left:,}", f"{HELD:,}", left == HELD),
        Result("the measuring program's own CPU while posting", f"{busy:.0%} of a core", "", None),
    ]


def _round(web: Web, posts: Iterator[bytes], number: int) -> tuple[Load, Load]:
    """One turn of each, the reference first."""
    constant = load(web.port, repeat(CONSTANT), LINES, SECONDS)
    posted = load(web.port, posts, LINES, SECONDS)
    name = f"round {number}" if number else "warming"
    print(
        f"    {name:8} constant {constant.rate:7,.0f}/s   POST {posted.rate:7,.0f}/s   {posted.rate / constant.rate:.3f}"
        f"   {_wrong(posted) + _wrong(constant)} errors",
        flush=True,
    )
    return constant, posted


def _at_a_rate(web: Web, posts: Iterator[bytes], name: str) -> Load:
    found = load(web.port, posts, LINES_OF_RATE, SECONDS_OF_RATE, RATE)
    quantiles = ", ".join(f"p{share * 100:g} {found.quantile_ms(share):.1f} ms" for share in (0.5, 0.95, 0.99, 1))
    print(f"    {RATE:,}/s {name}: {found.rate:,.0f}/s, {quantiles}, {dict(found.statuses)}", flush=True)
    return found


def _of_rate(found: Load, also: str) -> list[Result]:
    p99, wrong = found.quantile_ms(0.99), _wrong(found)
    return [
        Result(f"POST at {RATE:,}/s offered{also}: p99", f"{p99:.1f} ms", f"< {BAR_P99_MS} ms", p99 < BAR_P99_MS),
        Result(f"POST at {RATE:,}/s offered{also}: errors", f"{wrong:,}", "0", wrong == 0),
    ]


def _wrong(found: Load) -> int:
    return sum(count for status, count in found.statuses.items() if status not in FINE)


def _posts(web: Web) -> Iterator[bytes]:
    for event in events.reported(0, range(1, CUSTOMERS + 1)):
        body = json.dumps(event)
        yield (
            f"POST /api/v1/usage HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {web.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
