"""Tiers and the credit policy: what holds, what held, what was asked for, and where a plan breaks even."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.credits import Policy
from dashboard.engine.margin import percent
from dashboard.engine.plans import (
    PlanOrder,
    Terms,
    break_even_percent,
    cost_per_credit_usd,
    full_use_multiplier,
    plan_order_of,
)
from dashboard.sql import Query

DAYS, MONTHS = 30, 12
BANDS = 12


@dataclass(frozen=True, slots=True)
class TierRow:
    """A tier with the version in force, its subscribers, and 30 days of what it cost (USD, credits)."""

    tier: str
    display_name: str
    is_sold: bool
    is_active: bool
    effective_from: datetime
    monthly_price_usd: Decimal
    annual_price_usd: Decimal
    monthly_credit_allocation: Decimal
    max_credit_rollover: Decimal
    floor_multiplier: Decimal
    trial_days: int
    next_starts_at: datetime | None
    subscribers: int
    on_other_terms: int
    allowance_credits: Decimal
    paid_a_year_usd: Decimal
    vendor_cost_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    lowest_multiplier: Decimal | None
    lowest_scope: str | None
    unit_usd: Decimal

    @property
    def terms(self) -> Terms:
        """What the version in force says."""
        return terms_of(self)

    @property
    def cost_per_credit_usd(self) -> Decimal | None:
        """What a credit of this tier cost us in these days."""
        return cost_per_credit_usd(self.vendor_cost_usd, self.credits_due)

    @property
    def break_even_percent(self) -> Decimal | None:
        """The share of the allowance at whose cost the price is used up: of its subscriptions, each as it was agreed.

        Without any it is that of the version in force.
        """
        if not self.allowance_credits:
            return self.break_even_of(self.terms)
        return break_even_percent(self.paid_a_year_usd, self.granted_a_year, self.cost_per_credit_usd)

    @property
    def granted_a_year(self) -> Decimal:
        """The credits its subscriptions are granted in a year."""
        return self.allowance_credits * MONTHS

    @property
    def utilisation_percent(self) -> Decimal | None:
        """Credits deducted in these days of what its subscribers are granted in a month."""
        return percent(self.credits_deducted, self.allowance_credits)

    @property
    def full_use_multiplier(self) -> Decimal | None:
        """The lowest multiplier at which a fully used allowance costs no more than the plan."""
        if not self.allowance_credits:
            return full_use_multiplier(self.monthly_price_usd, self.monthly_credit_allocation, self.unit_usd)
        return full_use_multiplier(self.paid_a_year_usd, self.granted_a_year, self.unit_usd)

    @property
    def is_below_floor(self) -> bool:
        """Whether a multiplier in force is lower than the tier's floor."""
        return self.lowest_multiplier is not None and self.lowest_multiplier < self.floor_multiplier

    def break_even_of(self, terms: Terms) -> Decimal | None:
        """Where other terms would break even at the same cost per credit."""
        return break_even_percent(terms.monthly_price_usd, terms.monthly_credit_allocation, self.cost_per_credit_usd)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a tier; the first ones were there from the start and have no author."""

    tier: str
    effective_from: datetime
    effective_until: datetime | None
    monthly_price_usd: Decimal
    annual_price_usd: Decimal
    monthly_credit_allocation: Decimal
    max_credit_rollover: Decimal
    floor_multiplier: Decimal
    trial_days: int
    approval_id: UUID | None
    proposed_by: str | None
    approved_by: str | None
    why: str | None

    @property
    def terms(self) -> Terms:
        """What it says."""
        return terms_of(self)

    def state(self, now: datetime) -> str:
        """Whether it is scheduled, active or superseded."""
        return _state(self.effective_from, self.effective_until, now)


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A version of the credit policy."""

    effective_from: datetime
    effective_until: datetime | None
    unit_usd: Decimal
    increment: Decimal
    approval_id: UUID | None
    proposed_by: str | None
    approved_by: str | None
    why: str | None

    @property
    def policy(self) -> Policy:
        """What it says."""
        return Policy(self.unit_usd, self.increment)

    def state(self, now: datetime) -> str:
        """Whether it is scheduled, active or superseded."""
        return _state(self.effective_from, self.effective_until, now)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A request to change a plan or the policy; who asked is compared as a person."""

    id: UUID
    kind: str
    payload: Any
    payload_sha256: str
    state: str
    requested_by: str | None
    requested_person_id: UUID | None
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    is_scheduled: bool | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None

    @property
    def order(self) -> PlanOrder:
        """What it asks for."""
        return plan_order_of(self.kind, self.payload)


@dataclass(frozen=True, slots=True)
class BandRow:
    """Subscribers by the share of their monthly credits they used: 0 none, 1 to 10 tenths, 11 more than all."""

    band: int
    subscribers: int
    credits_used: Decimal
    allowance_credits: Decimal


@dataclass(frozen=True, slots=True)
class GrantsExist:
    """Whether anybody was ever granted credits."""

    granted: bool


tiers = Query("pricing/tiers", TierRow)
tier_versions = Query("pricing/tier_versions", VersionRow)
credit_policies = Query("pricing/credit_policies", PolicyRow)
plan_changes = Query("pricing/plan_changes", ChangeRow)
tier_utilisation = Query("pricing/tier_utilisation", BandRow)
grants_exist = Query("pricing/grants_exist", GrantsExist)


def tiers_now(connection: Connection, now: datetime) -> list[TierRow]:
    """Every tier in its order, with the last 30 whole days of what it cost."""
    start, end = last_days(now)
    return tiers.all(connection, now=now, start=start, end=end)


def versions_of(connection: Connection, tier: str | None = None) -> list[VersionRow]:
    """The versions of one tier or of all, newest first."""
    return tier_versions.all(connection, tier=tier)


def changes(connection: Connection, now: datetime, *, tier: str | None = None) -> list[ChangeRow]:
    """What was asked for: those that wait first, then the newest; 50 at most."""
    return plan_changes.all(connection, now=now, id=None, tier=tier)


def change(connection: Connection, now: datetime, change_id: UUID) -> ChangeRow | None:
    """One request to change a plan or the policy."""
    found = plan_changes.all(connection, now=now, id=change_id, tier=None)
    return found[0] if found else None


def utilisation(connection: Connection, now: datetime, tier: str) -> list[BandRow]:
    """Every band of the last 30 whole days, those without anybody too; empty when the tier has no subscribers."""
    start, end = last_days(now)
    found = {row.band: row for row in tier_utilisation.all(connection, now=now, start=start, end=end, tier=tier)}
    none = Decimal(0)
    return [found.get(band) or BandRow(band, 0, none, none) for band in range(BANDS)] if found else []


def last_days(now: datetime) -> tuple[date, date]:
    """The last 30 whole UTC days; the end is exclusive."""
    today = now.astimezone(UTC).date()
    return today - timedelta(days=DAYS), today


def terms_of(row: TierRow | VersionRow) -> Terms:
    """What a version says."""
    return Terms(
        row.monthly_price_usd,
        row.annual_price_usd,
        row.monthly_credit_allocation,
        row.max_credit_rollover,
        row.floor_multiplier,
        row.trial_days,
    )


def _state(start: datetime, end: datetime | None, now: datetime) -> str:
    if start > now:
        return "scheduled"
    return "active" if end is None or end > now else "superseded"
