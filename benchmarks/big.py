"""Charging on a ledger of five million requests beside one of a hundred thousand: same server, turn by turn."""

import os
import tempfile
from statistics import median

from benchmarks import ledger
from benchmarks.charge_one import CHARGE, CUSTOMERS
from benchmarks.results import Result
from benchmarks.scratch import Scratch
from benchmarks.server import Server
from dashboard import embedded

BAR = 0.8
CLIENTS, THREADS, ROUNDS, WARM = 8, 2, 5, 3
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))


def measure(scratch: Scratch) -> list[Result]:
    big = ledger.prepared(scratch)
    server = Server(scratch)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(CHARGE.replace("CUSTOMERS", str(CUSTOMERS)))
        script.flush()
        # The first rounds only warm both: what a fresh server reads from disk is no part of it.
        rounds = [_round(server, script.name, number) for number in range(1 - WARM, ROUNDS + 1)][WARM:]
    ratio = median(large / small for small, large in rounds)
    return [
        Result(f"charging on {big:,} ÷ on {ledger.SMALL:,} requests", f"{ratio:.3f}", f"≥ {BAR}", ratio >= BAR),
        Result(f"charges on {big:,}", f"{median(large for _, large in rounds):,.0f}/s", "", None),
        Result(f"charges on {ledger.SMALL:,}", f"{median(small for small, _ in rounds):,.0f}/s", "", None),
    ]


def _round(server: Server, script: str, number: int) -> tuple[float, float]:
    """One turn of each, the small ledger first."""
    words = ("-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(THREADS), "-T", str(SECONDS), "-f", script)
    small, large = (server.rate(name, *words, user=embedded.APP) for name in (ledger.SMALL_NAME, embedded.DATABASE))
    name = f"round {number}" if number > 0 else "warming"
    print(f"    {name:8} small {small:7,.0f}/s   big {large:7,.0f}/s   {large / small:.3f}", flush=True)
    return small, large
