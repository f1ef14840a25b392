"""What the embedded PostgreSQL says in its log when it does not start."""

from contextlib import suppress
from pathlib import Path

from dashboard.config import CannotStart

# What a killed server and its backends leave in the log; none of it keeps the next one from starting.
PASSING = (
    "shared memory block",
    "lock file",
    "starting up",
    "shutting down",
    "recovery mode",
    "not yet accepting connections",
    "terminating connection",
)


def give_up_early(log: Path) -> None:
    """Raise CannotStart with PostgreSQL's last word, unless waiting may help."""
    last = _last_fatal(log)
    if last and not any(words in last for words in PASSING):
        message = f"PostgreSQL did not start: {last} (its log is {log})."
        raise CannotStart(message)


def _last_fatal(log: Path) -> str:
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        fatal = [line.split("FATAL:", 1)[1].strip() for line in lines if "FATAL:" in line]
        return fatal[-1] if fatal else ""
    return ""
