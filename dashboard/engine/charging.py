"""Charging: which grants pay for a request, in plain Python.

The database charges in bulk (migrations, charge_usage); this is its reference.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.credits import realised_through

ZERO = Decimal(0)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grant:
    """A lot of credits as charging sees it."""

    id: UUID
    granted: Decimal
    remaining: Decimal
    paid_usd: Decimal
    effective_at: datetime
    expires_at: datetime | None
    priority: int

    def valid_at(self, instant: datetime) -> bool:
        """Whether it may pay for a request that started then: [effective_at, expires_at)."""
        return self.effective_at <= instant and (self.expires_at is None or instant < self.expires_at)


@dataclass(frozen=True, slots=True)
class Draw:
    """What one grant paid: credits taken, credits left after, and the revenue this realised (USD)."""

    grant_id: UUID
    credits: Decimal
    remaining_after: Decimal
    realised_usd: Decimal


@dataclass(frozen=True, slots=True)
class Charge:
    """The outcome: due = deducted + uncovered, and the draws that sum to what was deducted."""

    credits_due: Decimal
    draws: tuple[Draw, ...]

    @property
    def credits_deducted(self) -> Decimal:
        """What the balance paid."""
        return sum((draw.credits for draw in self.draws), ZERO)

    @property
    def credits_uncovered(self) -> Decimal:
        """The rest: a cost we bear, never a negative balance."""
        return self.credits_due - self.credits_deducted

    @property
    def realised_usd(self) -> Decimal:
        """What was really paid for the credits drawn, USD."""
        return sum((draw.realised_usd for draw in self.draws), ZERO)


def charge(credits_due: Decimal, started_at: datetime, grants: Iterable[Grant]) -> Charge:
    """Draw what is due from the grants valid at the request's start, soonest expiry first."""
    draws: list[Draw] = []
    left = credits_due
    for grant in in_draw_order(grants):
        if left == 0:
            break
        if grant.remaining > 0 and grant.valid_at(started_at):
            taken = min(grant.remaining, left)
            draws.append(_draw(grant, taken))
            left -= taken
    return Charge(credits_due, tuple(draws))


def after(grants: Iterable[Grant], paid: Charge) -> list[Grant]:
    """Return the grants as the charge leaves them."""
    left = {draw.grant_id: draw.remaining_after for draw in paid.draws}
    return [replace(grant, remaining=left.get(grant.id, grant.remaining)) for grant in grants]


def in_draw_order(grants: Iterable[Grant]) -> list[Grant]:
    """Soonest expiry first (never last), then priority, then the oldest, then the id."""
    return sorted(grants, key=_draw_order)


def _draw_order(grant: Grant) -> tuple[datetime, int, datetime, bytes]:
    return grant.expires_at or NEVER, grant.priority, grant.effective_at, grant.id.bytes


def _draw(grant: Grant, taken: Decimal) -> Draw:
    gone = grant.granted - grant.remaining
    return Draw(
        grant_id=grant.id,
        credits=taken,
        remaining_after=grant.remaining - taken,
        realised_usd=realised_through(grant.paid_usd, grant.granted, gone + taken)
        - realised_through(grant.paid_usd, grant.granted, gone),
    )
