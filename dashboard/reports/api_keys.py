"""Keys of the API."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class KeyInForce:
    """The key of a request."""

    api_key_id: UUID
    name: str
    scopes: list[str]
    requests_per_minute: int
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as the page lists it."""

    api_key_id: UUID
    name: str
    prefix: str
    scopes: list[str]
    limit_per_call_credits: Decimal
    limit_per_day_credits: Decimal
    created_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    last_used_at: datetime | None
    requests_per_minute: int | None
    replaced_by: str | None
    # Counted by the minute; the last seconds may be missing.
    requests_last_hour: int

    def state(self, now: datetime) -> str:
        """`active`, `revoked` or `expired`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


api_key_of_secret = Query("control/api_key_of_secret", KeyInForce)
api_keys = Query("control/api_keys", KeyRow)
