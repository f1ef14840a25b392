"""What a run of the laws found, and how far a result can still be relied on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

FRESH_FOR = timedelta(hours=24)


class Standing(StrEnum):
    """Where a law stands: what its last result says today."""

    PASSED = "passed"
    FAILED = "failed"
    NOTICED = "noticed"
    STALE = "stale"
    NEVER_RUN = "never_run"


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that breaks a law: what it is, and how."""

    object: str
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one law found: how many rows it looked at, how many break it, the first of those, and how long it took."""

    law: str
    rows_covered: int
    violations: int
    seconds: Decimal
    sample: tuple[Break, ...] = ()
    is_notice: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong; a notice shows something and breaks nothing."""
        return self.is_notice or self.violations == 0


def standing(ran_at: datetime | None, violations: int, now: datetime, *, is_notice: bool = False) -> Standing:
    """Say where a law stands: a break stays one however old, a pass is one for a day."""
    if ran_at is None:
        return Standing.NEVER_RUN
    if violations and not is_notice:
        return Standing.FAILED
    if now - ran_at > FRESH_FOR:
        return Standing.STALE
    return Standing.NOTICED if violations else Standing.PASSED
