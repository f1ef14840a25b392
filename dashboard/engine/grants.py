"""Allowances: the credits a plan gives, period by period (domain §9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from uuid import UUID, uuid5

from dashboard.engine.calendar import day_of_month
from dashboard.engine.money import EXACT

ALLOWANCE_PRIORITY, PROMOTIONAL_PRIORITY, PAID_PRIORITY = 10, 20, 30
USD_DECIMALS = Decimal("1e-18")
MONTHS_OF_PRICE = {"monthly": 1, "annual": 12, "lifetime": 1}


@dataclass(frozen=True, slots=True)
class Plan:
    """A subscription as granting sees it; the price is of one billing cycle, the credits of one month."""

    user_id: UUID
    subscription_id: UUID
    tier: str
    tier_title: str
    billing_cycle: str
    price_usd: Decimal
    monthly_credits: Decimal
    reset_day: int
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """One allowance period [start, end), and the full reset period it lies in."""

    start: datetime
    end: datetime
    full_start: datetime


@dataclass(frozen=True, slots=True)
class CreditGrant:
    """Credits to be posted; its id is the same however often it is worked out."""

    user_id: UUID
    id: UUID
    source: str
    category: str
    granted: Decimal
    paid_usd: Decimal
    effective_at: datetime
    expires_at: datetime | None
    priority: int
    origin: str
    reason: str
    subscription_id: UUID | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    operator_id: UUID | None = None
    api_key_id: UUID | None = None
    note_id: UUID | None = None
    cause: str | None = None
    approval_id: UUID | None = None


def allowances(plan: Plan, since: datetime, until: datetime) -> Iterator[CreditGrant]:
    """Yield the allowance of every period that touches [since, until); none for a plan without credits."""
    if plan.monthly_credits > 0:
        for period in allowance_periods(plan.started_at, plan.reset_day, since, until):
            if plan.ended_at is None or period.start < plan.ended_at:
                yield _allowance(plan, period)


def allowance_periods(started_at: datetime, reset_day: int, since: datetime, until: datetime) -> Iterator[Period]:
    """Yield the periods that touch [since, until): from the start, then from reset day to reset day."""
    started_at = started_at.astimezone(UTC)
    first_month = max(started_at, since.astimezone(UTC))
    year, month = first_month.year, first_month.month - 1
    while True:
        reset, next_reset = day_of_month(year, month, reset_day), day_of_month(year, month + 1, reset_day)
        start = max(reset, started_at)
        if start >= until:
            return
        if next_reset > max(started_at, since):
            yield Period(start, next_reset, full_start=reset)
        month += 1


def share_of_price_usd(plan: Plan, period: Period) -> Decimal:
    """Return what was paid for a period, USD: a month of the plan's price, a short first period its share by time."""
    with localcontext(EXACT):
        share = plan.price_usd * _microseconds(period.start, period.end)
        whole = MONTHS_OF_PRICE[plan.billing_cycle] * _microseconds(period.full_start, period.end)
        return (share / whole).quantize(USD_DECIMALS, rounding=ROUND_HALF_EVEN)


def _allowance(plan: Plan, period: Period) -> CreditGrant:
    return CreditGrant(
        user_id=plan.user_id,
        id=uuid5(plan.subscription_id, f"allowance {period.start.isoformat()}"),
        source="monthly_allocation",
        category="allowance",
        granted=plan.monthly_credits,
        paid_usd=share_of_price_usd(plan, period),
        effective_at=period.start,
        expires_at=period.end,
        priority=ALLOWANCE_PRIORITY,
        origin=f"Allowance of {plan.tier_title}",
        reason="allocation",
        subscription_id=plan.subscription_id,
        period_start=period.start,
        period_end=period.end,
    )


def _microseconds(start: datetime, end: datetime) -> int:
    span = end - start
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
