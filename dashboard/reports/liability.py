"""What is owed in unused credits: movements from the summary, and the same found in the grants and the ledger."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from sqlalchemy import Connection

from dashboard.engine.liability import (
    AGES,
    CATEGORIES,
    Movement,
    Owed,
    RollForward,
    Tie,
    added,
    owed_after,
    roll_forward,
)
from dashboard.engine.periods import Period
from dashboard.reports.margins import buckets
from dashboard.sql import Query

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One reason and kind of grant in one bucket of the period, or before it (None); credits, USD."""

    bucket: date | None
    category: str
    reason: str
    postings: int
    credits_in: Decimal
    credits_out: Decimal
    paid_in_usd: Decimal
    realised_usd: Decimal

    @property
    def movement(self) -> Movement:
        """Without its bucket."""
        return Movement(
            self.category,
            self.reason,
            self.postings,
            self.credits_in,
            self.credits_out,
            self.paid_in_usd,
            self.realised_usd,
        )


@dataclass(frozen=True, slots=True)
class HeldRow:
    """What grants of one kind held that expire within one span; credits, USD."""

    category: str
    age: str
    grants: int
    credits: Decimal
    deferred_usd: Decimal


@dataclass(frozen=True, slots=True)
class Balances:
    """Customers with credits, and how many credits together."""

    customers: int
    credits: Decimal


liability_movements = Query("finance/liability_movements", MovementRow)
liability_held = Query("finance/liability_held", HeldRow)
liability_balances = Query("finance/liability_balances", Balances)


@dataclass(frozen=True, slots=True)
class Age:
    """What expires within one span, by category."""

    key: str
    by_category: dict[str, Owed]
    grants: int

    @property
    def together(self) -> Owed:
        """All categories."""
        return added(self.by_category.values())


@dataclass(frozen=True, slots=True)
class Liability:
    """The roll-forward of a period, of each bucket in it, what its closing consists of, and whether all of it ties."""

    period: Period
    whole: RollForward
    by_bucket: dict[date, RollForward]
    ages: tuple[Age, ...]
    balances: Balances
    ties: tuple[Tie, ...]

    @property
    def at(self) -> datetime:
        """The instant of the closing."""
        return end_of(self.period)

    @property
    def is_empty(self) -> bool:
        """Whether nothing ever moved up to here."""
        return not self.whole.movements and not any(one.credits for one in self.whole.opening.by_category.values())


def liability(connection: Connection, period: Period, per: str) -> Liability:
    """Roll a period forward and prove its closing by the grants and the balances of that instant."""
    whole, by_bucket = rolled(connection, period, per)
    at = end_of(period)
    held = liability_held.all(connection, at=at)
    balances = liability_balances.one(connection, at=at)
    ages = tuple(_age(key, [one for one in held if one.age == key]) for key in AGES)
    return Liability(period, whole, by_bucket, ages, balances, _ties(whole, ages, balances))


def rolled(connection: Connection, period: Period, per: str) -> tuple[RollForward, dict[date, RollForward]]:
    """The roll-forward of a period, and of each day, week or month in it: each opens with what the last left."""
    rows = liability_movements.all(connection, start=period.start, end=period.end, per=per)
    opening = owed_after(row.movement for row in rows if row.bucket is None)
    inside: dict[date, list[Movement]] = {bucket: [] for bucket in buckets(period, per)}
    for row in rows:
        if row.bucket is not None:
            inside[row.bucket].append(row.movement)
    found: dict[date, RollForward] = {}
    before = opening
    for bucket, moved in inside.items():
        found[bucket] = roll_forward(before, moved)
        before = found[bucket].closing.by_category
    return roll_forward(opening, [row.movement for row in rows if row.bucket is not None]), found


def end_of(period: Period) -> datetime:
    """The instant a period ends, UTC."""
    return datetime.combine(period.end, time(), UTC)


def _age(key: str, held: list[HeldRow]) -> Age:
    by_category = dict.fromkeys(CATEGORIES, Owed())
    for one in held:
        by_category[one.category] = Owed(one.credits, one.deferred_usd)
    return Age(key, by_category, sum(one.grants for one in held))


def _ties(whole: RollForward, ages: tuple[Age, ...], balances: Balances) -> tuple[Tie, ...]:
    closing = whole.closing
    found = {name: added(age.by_category[name] for age in ages) for name in CATEGORIES}
    return (
        *(Tie(name, "credits", closing.by_category[name].credits, found[name].credits) for name in CATEGORIES),
        Tie("balances", "credits", closing.together.credits, balances.credits),
        *(
            Tie(name, "deferred_usd", closing.by_category[name].deferred_usd, found[name].deferred_usd)
            for name in CATEGORIES
        ),
    )
