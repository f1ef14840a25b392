"""What a customer can spend, and what became of a hold."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.holds import Hold
from dashboard.engine.money import fixed
from dashboard.engine.usage import utc_text
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class HoldNow:
    """One hold as it stands."""

    user_id: UUID
    id: UUID
    request_id: UUID
    credits: Decimal
    placed_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    released_at: datetime | None

    def state(self, now: datetime) -> str:
        """Where it stands: open, expired, settled or released."""
        return Hold(self.credits, self.expires_at, self.settled_at, self.released_at).state(now)


@dataclass(frozen=True, slots=True)
class BalanceNow:
    """What a customer has, can spend and has on hold, in credits; of the allowance None where no plan runs."""

    user_id: UUID
    balance: Decimal
    spendable: Decimal
    held: Decimal
    tier: str
    allocated_monthly: Decimal | None
    period_start: datetime | None
    next_reset_at: datetime | None
    bonus_credits: Decimal
    free_tier_used: Decimal
    last_updated: datetime | None
    created_at: datetime


hold_by_id = Query("holds/hold", HoldNow)
balance_now = Query("holds/balance", BalanceNow)

CREDIT_DECIMALS = 6


def on_the_wire(found: BalanceNow, *, as_of: datetime) -> dict[str, str | None]:
    """The balance as programs read it, and as support sees that they do."""
    return {
        "customer": str(found.user_id),
        "balance": _credits(found.balance),
        "spendable": _credits(found.spendable),
        "held": _credits(found.held),
        "tier": found.tier,
        "allocated_monthly": _credits(found.allocated_monthly),
        "bonus_credits": _credits(found.bonus_credits),
        "free_tier_used": _credits(found.free_tier_used),
        "period_start": _when(found.period_start),
        "next_reset_at": _when(found.next_reset_at),
        # As document 002 calls it: there it was the last reset by name and the next one by value.
        "reset_date": _when(found.next_reset_at),
        "last_updated": _when(found.last_updated),
        "created_at": utc_text(found.created_at),
        "as_of": utc_text(as_of),
    }


def _credits(value: Decimal | None) -> str | None:
    return None if value is None else fixed(value, CREDIT_DECIMALS)


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)
