"""The experiments of a customer: estimated before, used after, both from the same rating."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class ExperimentNow:
    """One experiment; `credits_used` is what the requests that name it were due."""

    id: UUID
    user_id: UUID
    api_key_mode: str
    provider: str
    model: str
    requests_expected: int
    estimated_credits: Decimal
    estimated_at: datetime
    requests: int
    credits_used: Decimal
    vendor_cost_usd: Decimal


experiments_of = Query("experiments/listed", ExperimentNow)
