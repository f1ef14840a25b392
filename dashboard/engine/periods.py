"""Periods of whole UTC days, half-open [start, end), and the one before of the same length."""

from dataclasses import dataclass
from datetime import date, timedelta

LONGEST_DAYS = 3660
NAMED = {"7d": 7, "30d": 30, "90d": 90, "1y": 365}
DEFAULT = "30d"
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole UTC days from `start` up to, but without, `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """The last day inside."""
        return self.end - timedelta(days=1)

    @property
    def spans_years(self) -> bool:
        """Whether its days need their year to be told apart."""
        return self.start.year != self.last.year

    @property
    def previous(self) -> "Period":
        """The period of equal length that ends where this one starts."""
        return Period(self.start - (self.end - self.start), self.start)

    @classmethod
    def ending(cls, end: date, days: int) -> "Period":
        """The last `days` whole days before `end`."""
        return cls(end - timedelta(days=days), end)


def named(name: str, today: date) -> Period:
    """One of 7d, 30d, 90d, 1y: whole days up to yesterday, so that a half day never drags a comparison."""
    return Period.ending(today, NAMED[name])


def chosen(first: str, last: str) -> tuple[Period | None, dict[str, str]]:
    """The period from two typed days, both included, or None and what is wrong with each field."""
    errors: dict[str, str] = {}
    start, until = _day(first, "from", errors), _day(last, "to", errors)
    if start is None or until is None:
        return None, errors
    if until < start:
        return None, {"to": "This day is before the first one. The page still shows the dates above."}
    if (until - start).days >= LONGEST_DAYS:
        return None, {"to": "That is more than ten years. The page still shows the dates above."}
    return Period(start, until + timedelta(days=1)), {}


def _day(text: str, field: str, errors: dict[str, str]) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        errors[field] = "Write a day as 2026-11-20. The page still shows the dates above."
        return None
    if not FIRST_DAY <= day < LAST_DAY:
        errors[field] = "Choose a day between 2000 and 2199. The page still shows the dates above."
        return None
    return day
