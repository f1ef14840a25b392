"""What was measured, printed and kept: one section of RESULTS.md per promise."""

import os
import platform
import re
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


def keep(name: str, results: list[Result], file: Path = FILE) -> None:
    """Put the section of one promise in place of the one before; the others stay as they were measured."""
    lines = [
        f"## {name}",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores · Python {platform.python_version()}",
        "",
        "| what | measured | bar | |",
        "|---|---:|---:|---|",
        *(f"| {one.what} | {one.measured} | {one.bar} | {MET[one.met]} |" for one in results),
    ]
    head, *sections = re.split(r"\n+(?=## )", file.read_text().rstrip())
    kept = {section.partition("\n")[0]: section for section in sections}
    kept[lines[0]] = "\n".join(lines)
    file.write_text("\n\n".join([head, *kept.values()]) + "\n")
