"""What a customer's request cost and who paid for it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one request; amounts are None where nothing of it is in the books.

    Outcomes: charged, replayed, conflict (another body), unknown_customer, unknown_provider, erased_customer,
    revoked_key (who reports it may not any more), busy (another transaction holds the customer; only where
    several are charged together, and never answered to anybody).
    """

    outcome: str
    user_id: UUID | None
    request_id: UUID | None
    seq: int | None = None
    posted_at: datetime | None = None
    credits_due: Decimal | None = None
    credits_deducted: Decimal | None = None
    credits_uncovered: Decimal | None = None
    balance: Decimal | None = None
    cost_status: str | None = None
    vendor_cost_usd: Decimal | None = None
    credit_value_usd: Decimal | None = None
    multiplier: Decimal | None = None
    multiplier_scope: str | None = None
    # A list of source_id, credits and remaining, in draw order; amounts as text.
    draws: Any = None
    # By now, whatever the month of the request; it refuses nothing.
    over_monthly_cap: bool = False

    @property
    def is_in_the_books(self) -> bool:
        """Whether the request is recorded as it was sent, now or earlier."""
        return self.outcome in {"charged", "replayed"}
