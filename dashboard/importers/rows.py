"""Reading a CSV file line by line, in bounded memory, whatever is in it.

One row is one line: a quoted field may hold commas, but no line break. So a
broken quote or a line of a hundred megabytes costs that line and nothing else.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LONGEST_LINE = 65_536
SHOWN = 500
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class FileRefusedError(Exception):
    """The file as a whole cannot be taken; nothing was changed. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its number, its text, and its fields by column; or a code and reason why it cannot be read."""

    line: int
    text: str
    fields: dict[str, str]
    code: str | None = None
    reason: str = ""


def read_rows(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Row]:
    """Check the header, then yield every row that is not blank; raise FileRefusedError for a wrong header."""
    with _opened(path) as file:
        columns = _header(path, file, required, optional)
        for line, raw in _lines(file, start=2):
            row = _row(line, raw, columns)
            if row is not None:
                yield row


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise FileRefusedError(f"{path} cannot be read ({error.strerror}); nothing was changed.") from error


def _header(path: Path, file: BinaryIO, required: Sequence[str], optional: Sequence[str]) -> list[str]:
    first = file.readline(LONGEST_LINE + 1).removeprefix(BYTE_ORDER_MARK)
    if not first.strip():
        raise FileRefusedError(f"{path} is empty; nothing was changed. Its first line must be: {','.join(required)}")
    try:
        columns = [name.strip() for name in _split(first.decode("utf-8"))]
    except (UnicodeDecodeError, csv.Error):
        raise FileRefusedError(f"{path} is not a UTF-8 CSV file; nothing was changed. Save it as CSV, UTF-8.") from None
    problems = _differences(columns, required, optional)
    if problems:
        raise FileRefusedError(f"{path} has another header: {'; '.join(problems)}. Nothing was changed.")
    return columns


def _differences(columns: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> list[str]:
    missing = [name for name in required if name not in columns]
    unknown = [_printable(name) or "(empty)" for name in columns if name not in {*required, *optional}]
    repeated = sorted({_printable(name) for name, count in Counter(columns).items() if name and count > 1})
    found = (("missing", missing), ("unknown", unknown), ("repeated", repeated))
    return [f"{kind} {', '.join(names[:20])}" for kind, names in found if names]


def _printable(name: str) -> str:
    """What a terminal may be given of a name: short, and nothing it would obey."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name[:SHOWN])


def _lines(file: BinaryIO, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield numbered lines, each at most one byte longer than allowed: the rest of such a line is passed over."""
    number = start
    while raw := file.readline(LONGEST_LINE + 1):
        rest = raw
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
        yield number, raw
        number += 1


def _row(line: int, raw: bytes, columns: Sequence[str]) -> Row | None:
    if len(raw) > LONGEST_LINE:
        shown = raw[:SHOWN].decode("utf-8", "replace")
        return Row(line, shown, {}, "line_too_long", f"the line is longer than {LONGEST_LINE:,} bytes")
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
        values = _split(text)
    except UnicodeDecodeError:
        return Row(line, raw[:SHOWN].decode("utf-8", "replace"), {}, "not_utf8", "the line is not UTF-8 text")
    except csv.Error as error:
        return Row(line, text, {}, "bad_csv", f"the line is not CSV ({error})")
    if not text.strip():
        return None
    if len(values) != len(columns):
        return Row(line, text, {}, "wrong_columns", f"the line has {len(values)} fields, the header {len(columns)}")
    return Row(line, text, dict(zip(columns, values, strict=True)))


def _split(text: str) -> list[str]:
    if '"' not in text:
        return text.rstrip("\r\n").split(",")
    return next(csv.reader([text.rstrip("\r\n")], strict=True))
