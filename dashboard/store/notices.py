"""Who runs out of credits."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class RunningLow:
    """A customer whose credits fell through a step that has not been said of this allowance."""

    user_id: UUID
    source_id: UUID
    allowance_credits: Decimal
    period_end: datetime
    remaining_credits: Decimal


customers_running_low = Query("jobs/customers_running_low", RunningLow)
