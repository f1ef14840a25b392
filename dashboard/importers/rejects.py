"""The rejects file: every row that was not taken, with its line and the reason, to be repaired."""

import csv
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from dashboard.importers.rows import FileRefusedError

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
    """Return the chosen path, else one beside the file, else (folder not writable) one in the data directory.

    Raise FileRefusedError, before anything is imported, if nothing can be written to the chosen one.
    """
    if chosen is not None:
        _refuse_unwritable(source, chosen)
        return chosen
    beside = source.with_name(f"{source.name}.rejects.csv")
    return beside if _fault(beside) is None else data_dir / beside.name


def _refuse_unwritable(source: Path, chosen: Path) -> None:
    if chosen.exists() and source.exists() and chosen.samefile(source):
        raise FileRefusedError(f"{chosen} is the file to import; nothing was changed. Let the rejects go elsewhere.")
    fault = _fault(chosen)
    if fault:
        raise FileRefusedError(f"Rejects cannot be written to {chosen} ({fault}); nothing was changed.")


def _fault(path: Path) -> str | None:
    """Say why nothing can be written there; None, and nothing left behind, if it can."""
    try:
        with path.open("a"):
            pass
        if path.is_file() and path.stat().st_size == 0:
            path.unlink()
    except OSError as error:
        return error.strerror or "not writable"
    return None


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
