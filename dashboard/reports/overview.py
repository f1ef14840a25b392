"""The Overview: what was earned, day by day and tier by tier, and what asks for attention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from sqlalchemy import Connection

from dashboard.engine import margin
from dashboard.engine.figures import Figures, total
from dashboard.engine.periods import Period
from dashboard.reports.filters import Filters
from dashboard.reports.pricing.multipliers import Decided, decided_between, earned, multiplier_rules
from dashboard.reports.pricing.vendor_prices import Attention, vendor_price_attention
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class DayRow:
    """Sums of one day and tier; counts, credits and USD."""

    day: date
    tier: str
    requests: int
    priced_requests: int
    unpriced_requests: int
    vendor_cost_usd: Decimal
    credit_value_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    credits_reversed: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal
    succeeded: int
    cancelled: int
    failed: int
    own_key: int


@dataclass(frozen=True, slots=True)
class ActiveRow:
    """Active customers of one tier, or of all (tier None), now or in the period before."""

    is_now: bool
    tier: str | None
    customers: int


@dataclass(frozen=True, slots=True)
class TierRow:
    """A tier and the multiplier that holds, None where no rule speaks of it."""

    name: str
    display_name: str
    multiplier: Decimal | None


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model of the period: what it cost and earned (USD), what could not be priced."""

    provider: str
    provider_name: str
    model: str
    unpriced_since: date | None
    unpriced_requests: int
    default_multiplier_requests: int
    vendor_cost_usd: Decimal
    list_revenue_usd: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of things at the instant of reading."""

    read_at: datetime
    waiting_rows: int
    pending_prices: int
    open_rejects: int
    running_imports: int
    has_usage: bool
    proof_at: datetime | None
    proof_laws: int
    proof_broken: int


@dataclass(frozen=True, slots=True)
class Activity:
    """Something a person or a job did."""

    happened_at: datetime
    kind: str
    who: str | None
    what: str | None
    object_kind: str | None
    object_id: str | None


overview_days = Query("finance/overview_days", DayRow)
active_customers = Query("finance/active_customers", ActiveRow)
tier_targets = Query("finance/tier_targets", TierRow)
models_of_period = Query("finance/models_of_period", ModelRow)
standing = Query("finance/standing", Standing)
recent_activity = Query("finance/recent_activity", Activity)


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything the tiles of one period show."""

    figures: Figures
    succeeded: int
    cancelled: int
    failed: int
    own_key: int
    customers: int
    free_customers: int

    @property
    def success_percent(self) -> Decimal | None:
        """Success ÷ (all − cancelled), percent."""
        return margin.success_percent(self.succeeded, self.figures.requests, self.cancelled)


@dataclass(frozen=True, slots=True)
class TierFigures:
    """One tier of the period: its own rule's multiplier, and the margin that the rules deciding its requests aimed for (percent)."""

    name: str
    display_name: str
    multiplier: Decimal | None
    target_percent: Decimal | None
    customers: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole page's figures, all of one instant."""

    period: Period
    now: Totals
    before: Totals
    days: dict[date, Figures]
    days_before: dict[date, Figures]
    tiers: tuple[TierFigures, ...]
    target_percent: Decimal | None
    models: tuple[ModelRow, ...]
    today: Figures
    standing: Standing
    prices: Attention
    activity: tuple[Activity, ...]


def read(connection: Connection, period: Period, today: date) -> Overview:
    """Read the Overview of a period; `today` is shown apart while it is not part of it."""
    bounds = {"start": period.start, "end": period.end, "before_start": period.previous.start}
    rows = overview_days.all(connection, before_start=period.previous.start, end=period.end)
    now_rows = [row for row in rows if row.day >= period.start]
    before_rows = [row for row in rows if row.day < period.start]
    active = active_customers.all(connection, **bounds)
    decided = decided_between(connection, multiplier_rules.all(connection), period.start, period.end, Filters())
    tiers = _tiers(connection, period, now_rows, active, decided)
    running = Period(today, date.fromordinal(today.toordinal() + 1))
    today_rows = overview_days.all(connection, before_start=running.start, end=running.end)
    stands = standing.one(connection)
    return Overview(
        period=period,
        now=_totals(now_rows, active, is_now=True),
        before=_totals(before_rows, active, is_now=False),
        days=_by_day(period, now_rows),
        days_before=_by_day(period.previous, before_rows),
        tiers=tiers,
        target_percent=earned(decided).aimed_percent,
        models=tuple(models_of_period.all(connection, start=period.start, end=period.end)),
        today=total(today_rows),
        standing=stands,
        prices=vendor_price_attention.one(connection, at=stands.read_at),
        activity=tuple(recent_activity.all(connection)),
    )


def _totals(rows: Sequence[DayRow], active: Sequence[ActiveRow], *, is_now: bool) -> Totals:
    counted = {row.tier: row.customers for row in active if row.is_now is is_now}
    return Totals(
        figures=total(rows),
        succeeded=sum(row.succeeded for row in rows),
        cancelled=sum(row.cancelled for row in rows),
        failed=sum(row.failed for row in rows),
        own_key=sum(row.own_key for row in rows),
        customers=counted.get(None, 0),
        free_customers=counted.get("free", 0),
    )


def _by_day(period: Period, rows: Sequence[DayRow]) -> dict[date, Figures]:
    found: dict[date, list[DayRow]] = {date.fromordinal(period.start.toordinal() + n): [] for n in range(period.days)}
    for row in rows:
        found[row.day].append(row)
    return {day: total(parts) for day, parts in found.items()}


def _tiers(
    connection: Connection,
    period: Period,
    rows: Sequence[DayRow],
    active: Sequence[ActiveRow],
    decided: Sequence[Decided],
) -> tuple[TierFigures, ...]:
    last_instant = datetime.combine(period.last, time.max, UTC)
    customers = {row.tier: row.customers for row in active if row.is_now}
    targets = tier_targets.all(connection, instant=last_instant)
    parts = {tier.name: [row for row in rows if row.tier == tier.name] for tier in targets}
    return tuple(
        TierFigures(
            name=tier.name,
            display_name=tier.display_name,
            multiplier=tier.multiplier,
            target_percent=earned([one for one in decided if one.tier == tier.name]).aimed_percent,
            customers=customers.get(tier.name, 0),
            figures=total(parts[tier.name]),
        )
        for tier in targets
        if parts[tier.name]
    )
