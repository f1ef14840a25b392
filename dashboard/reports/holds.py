"""What a customer can spend, and what became of a hold."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.holds import Hold
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
