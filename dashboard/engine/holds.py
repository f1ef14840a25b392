"""Asking first: what a customer can spend, what is held, and when a question is refused.

The database asks under the customer's lock (migrations, place_hold and deduct_credits); this is its reference.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from dashboard.engine.charging import ZERO, Grant
from dashboard.engine.credits import Policy
from dashboard.engine.rating import Price, Rule, Tokens, Usage, rate


@dataclass(frozen=True, slots=True)
class Hold:
    """Credits reserved for one request, as an amount: no source is touched before the settle."""

    credits: Decimal
    expires_at: datetime
    settled_at: datetime | None = None
    released_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """Where it stands: settled, released, expired or open; its time ends it without anybody's doing."""
        if self.settled_at is not None:
            return "settled"
        if self.released_at is not None:
            return "released"
        return "open" if now < self.expires_at else "expired"


def held(holds: Iterable[Hold], now: datetime) -> Decimal:
    """What the open holds keep back, in credits."""
    return sum((hold.credits for hold in holds if hold.state(now) == "open"), ZERO)


def spendable(grants: Iterable[Grant], holds: Iterable[Hold], now: datetime) -> Decimal:
    """What remains of the sources valid now less what is held, at least zero."""
    valid = sum((grant.remaining for grant in grants if grant.valid_at(now)), ZERO)
    return max(ZERO, valid - held(holds, now))


def estimated_credits(tokens: Tokens, price: Price | None, rules: Sequence[Rule], policy: Policy) -> Decimal | None:
    """What a successful request of these tokens would be due; None when its model has no price."""
    rating = rate(Usage(tokens), price, rules, policy)
    return None if rating.value_usd is None else rating.credits_due


def month_of(now: datetime) -> datetime:
    """When the calendar month of the cap began: its first midnight, UTC."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def cap_left(cap: Decimal | None, used: Decimal, holds: Iterable[Hold], now: datetime) -> Decimal | None:
    """What is left of a monthly cap after usage, deductions and open holds; negative when usage went beyond it."""
    return None if cap is None else cap - used - held(holds, now)


def refusal(wanted: Decimal, spendable: Decimal, cap_left: Decimal | None) -> str | None:
    """Why that many credits cannot be held or deducted: over_cap or short; None when they can."""
    if cap_left is not None and wanted > cap_left:
        return "over_cap"
    return "short" if wanted > spendable else None
