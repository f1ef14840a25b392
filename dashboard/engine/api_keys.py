"""Which API keys can be made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dashboard.engine.money import decimals
from dashboard.engine.permissions import Scope

LONGEST_NAME = 80
MOST_CREDITS = Decimal(999999999999)
CREDIT_DECIMALS = 6
MOST_PER_MINUTE = 10_000_000
LONGEST_OVERLAP = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """A key as it is asked for."""

    name: str
    scopes: Sequence[str]
    limit_per_call_credits: Decimal = Decimal(50_000)
    limit_per_day_credits: Decimal = Decimal(500_000)
    expires_at: datetime | None = None
    # None: what the setting says.
    requests_per_minute: int | None = None


def faults_of(wanted: KeyWanted, now: datetime) -> dict[str, str]:
    """Return what is wrong with it, by field."""
    found = {}
    if not wanted.name.strip() or len(wanted.name) > LONGEST_NAME or not wanted.name.isprintable():
        found["name"] = f"Give a name of 1 to {LONGEST_NAME} characters, so that you know later whose key it is."
    unknown = [scope for scope in wanted.scopes if scope not in set(Scope)]
    if unknown or not wanted.scopes:
        found["scope"] = f"Choose at least one scope of {', '.join(Scope)}."
    for field in ("limit_per_call_credits", "limit_per_day_credits"):
        limit: Decimal = getattr(wanted, field)
        if not limit.is_finite() or not 0 < limit <= MOST_CREDITS or decimals(limit) > CREDIT_DECIMALS:
            found[field] = f"Give a number of credits above zero, with at most {CREDIT_DECIMALS} decimals."
    if not found and wanted.limit_per_call_credits > wanted.limit_per_day_credits:
        found["limit_per_call_credits"] = "One call cannot be allowed more than a whole day."
    if wanted.requests_per_minute is not None and not 0 < wanted.requests_per_minute <= MOST_PER_MINUTE:
        found["requests_per_minute"] = f"Give a number of requests from 1 to {MOST_PER_MINUTE:,}, or nothing."
    if wanted.expires_at is not None and wanted.expires_at <= now:
        found["expires"] = "This is over already; choose a later day."
    return found


def overlap_fault(overlap: timedelta) -> str | None:
    """Return what is wrong with how long a replaced key works on."""
    if timedelta() <= overlap <= LONGEST_OVERLAP:
        return None
    return f"The old key may work on for {LONGEST_OVERLAP.days} days at most."
