"""The rejects file: every row that was not taken, with its line and the reason, to be repaired."""

import csv
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

COLUMNS = ("line", "code", "reason", "raw")
# A spreadsheet would run a cell that starts like a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RejectsFile:
    """Opened with the first reject; without one there is no file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def is_written(self) -> bool:
        """Whether anything was rejected."""
        return self._file is not None

    def add(self, line: int, code: str, reason: str, raw: str) -> None:
        """Write one rejected row."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(COLUMNS)
        csv.writer(self._file).writerow([line, code, _harmless(reason), _harmless(raw)])


def rejects_path(source: Path, chosen: Path | None, data_dir: Path) -> Path:
    """Return the chosen path, else one beside the file, else (folder not writable) one in the data directory."""
    if chosen is not None:
        return chosen
    beside = source.with_name(f"{source.name}.rejects.csv")
    try:
        with beside.open("a"):
            pass
        if beside.stat().st_size == 0:
            beside.unlink()
    except OSError:
        return data_dir / beside.name
    return beside


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
