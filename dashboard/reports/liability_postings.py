"""The postings behind what is owed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.liability import LINES, Movement, Owed, added
from dashboard.engine.periods import Period
from dashboard.reports.liability import end_of, liability_movements
from dashboard.sql import Query

PAGE = 50


@dataclass(frozen=True, slots=True)
class Posting:
    """One posting of an entry to a grant; the name is None for an erased customer."""

    posted_at: datetime
    customer_id: UUID
    customer: str | None
    seq: int
    grant_id: UUID
    reason: str
    category: str
    origin: str
    expires_at: datetime | None
    credits: Decimal
    deferred_usd: Decimal

    @property
    def place(self) -> "Place":
        """Where it stands in the list."""
        return Place(self.posted_at, self.customer_id, self.seq, self.grant_id)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list, newest first."""

    posted_at: datetime
    customer_id: UUID
    seq: int
    grant_id: UUID


liability_postings = Query("finance/liability_postings", Posting)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A line of the roll-forward or one of its reasons, and a kind of grant; None is all of them."""

    line: str | None = None
    category: str | None = None

    @property
    def reasons(self) -> tuple[str, ...] | None:
        """The reasons of the ledger it names."""
        if self.line is None:
            return None
        return LINES.get(self.line, (self.line,))

    def holds(self, one: Movement) -> bool:
        """Whether a movement is part of it."""
        return (self.reasons is None or one.reason in self.reasons) and self.category in {None, one.category}


@dataclass(frozen=True, slots=True)
class Moved:
    """What the summary says postings come to, the same as in the roll-forward, and the days they were posted on."""

    movements: tuple[Movement, ...]
    within: Period | None

    @property
    def postings(self) -> int:
        """How many there are."""
        return sum(one.postings for one in self.movements)

    @property
    def together(self) -> Owed:
        """What they come to."""
        return added(one.owed for one in self.movements)


def moved(connection: Connection, period: Period, asked: Narrowing) -> Moved:
    """Ask the summary; what it does not know of is not looked for in the ledger."""
    rows = liability_movements.all(connection, start=period.start, end=period.end, per="day")
    found = [(row.bucket, row.movement) for row in rows if row.bucket and asked.holds(row.movement)]
    days = [day for day, _ in found]
    within = Period(min(days), max(days) + timedelta(days=1)) if days else None
    return Moved(tuple(movement for _, movement in found), within)


def page_of(connection: Connection, moved: Moved, asked: Narrowing, after: Place | None) -> tuple[list[Posting], bool]:
    """One page of postings, and whether older ones follow."""
    if moved.within is None:
        return [], False
    found = liability_postings.all(connection, **_given(moved.within, asked, after), most=PAGE + 1)
    return found[:PAGE], len(found) > PAGE


def every_posting(connection: Connection, period: Period, asked: Narrowing) -> Iterator[Posting]:
    """All of them, a few at a time."""
    return liability_postings.each(connection, **_given(period, asked, None), most=None)


def _given(period: Period, asked: Narrowing, after: Place | None) -> dict[str, object]:
    return {
        "start": datetime.combine(period.start, time(), UTC),
        "end": end_of(period),
        "reasons": None if asked.reasons is None else list(asked.reasons),
        "category": asked.category,
        "before_at": after.posted_at if after else None,
        "before_customer": after.customer_id if after else None,
        "before_seq": after.seq if after else None,
        "before_grant": after.grant_id if after else None,
    }
