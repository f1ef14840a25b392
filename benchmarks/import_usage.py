"""Importing usage: at least 5,000 requests a second, beside a bare COPY of the same file."""

import re
import tempfile
import time
from pathlib import Path

from benchmarks import trace
from benchmarks.results import Result
from benchmarks.scratch import Scratch

REQUESTS = 30_000
BAR = 5_000


def measure(scratch: Scratch) -> list[Result]:
    with tempfile.TemporaryDirectory() as name:
        customers, prices, usage = trace.write(Path(name), REQUESTS)
        reference = _copy(scratch, usage)
        scratch.flask("import-customers", str(customers))
        scratch.flask("import-prices", str(prices), "--format", "csv")
        started = time.perf_counter()
        said = scratch.flask("import-usage", str(usage)).stdout
        whole = REQUESTS / (time.perf_counter() - started)
    rate = _said_rate(said) or whole
    return [
        Result(
            "import of 30,000 requests, as the command reports it", f"{rate:,.0f} requests/s", f"≥ {BAR:,}", rate >= BAR
        ),
        Result("the same with the start of the command", f"{whole:,.0f} requests/s", "", None),
        Result("reference: COPY of the same file", f"{reference:,.0f} rows/s", "", None),
        Result("import ÷ COPY", f"{rate / reference:.3f}", "", None),
    ]


def _said_rate(said: str) -> float | None:
    found = re.search(r"([\d,]+) (?:requests|rows)/s", said)
    return float(found.group(1).replace(",", "")) if found else None


def _copy(scratch: Scratch, usage: Path) -> float:
    with scratch.owner() as connection, usage.open() as file:
        columns = ", ".join(f"{column} text" for column in file.readline().strip().split(","))
        connection.execute(f"create table copied ({columns})".encode())
        started = time.perf_counter()
        with connection.cursor().copy("copy copied from stdin (format csv)") as copy:
            copy.write(file.read())
        seconds = time.perf_counter() - started
        connection.execute("drop table copied")
    return REQUESTS / seconds
