"""What was measured, printed and kept."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FILE = Path(__file__).parent / "RESULTS.md"
MET = {True: "met", False: "**not met**", None: ""}


@dataclass(frozen=True, slots=True)
class Result:
    """One figure, its bar if it has one, and whether it was met."""

    what: str
    measured: str
    bar: str
    met: bool | None


def show(results: list[Result]) -> None:
    for one in results:
        print(f"  {one.what:58} {one.measured:>22}  {one.bar:10} {MET[one.met]}", flush=True)


def keep(results: list[Result]) -> None:
    lines = [
        "# Measured",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores · Python {platform.python_version()} · `make bench`",
        "",
        "| what | measured | bar | |",
        "|---|---:|---:|---|",
        *(f"| {one.what} | {one.measured} | {one.bar} | {MET[one.met]} |" for one in results),
        "",
    ]
    FILE.write_text("\n".join(lines))
