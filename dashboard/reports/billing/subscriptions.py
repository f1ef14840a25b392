"""Subscriptions and their changes in mid-period, as the pages of Billing show them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """One subscription of the list."""

    user_id: UUID
    subscription_id: UUID
    customer_name: str
    email: str
    tier: str
    tier_title: str
    billing_cycle: str
    status: str
    base_price_usd: Decimal
    monthly_credit_allocation: Decimal
    started_at: datetime
    ended_at: datetime | None
    current_period_start: datetime
    current_period_end: datetime
    cancel_at_period_end: bool
    is_billed_here: bool
    pending_title: str | None
    pending_billing_cycle: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionKpis:
    """What runs now."""

    paying: int
    monthly_usd: Decimal
    trials: int
    behind: int
    unpaid: int
    ending: int


@dataclass(frozen=True, slots=True)
class SubscriptionDetail:
    """One subscription with everything its page says."""

    user_id: UUID
    subscription_id: UUID
    customer_name: str
    email: str
    tier: str
    tier_title: str
    billing_cycle: str
    status: str
    base_price_usd: Decimal
    monthly_credit_allocation: Decimal
    reset_day_of_month: int
    started_at: datetime
    ended_at: datetime | None
    current_period_start: datetime
    current_period_end: datetime
    trial_ends_at: datetime | None
    cancel_at_period_end: bool
    cancellation_reason: str | None
    is_billed_here: bool
    allowance_due_at: datetime | None
    pending_title: str | None
    pending_billing_cycle: str | None
    unpaid_since: datetime | None
    dunning_attempts: int
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a subscription; `said` is its words, which the page spells out."""

    at: datetime
    kind: str
    said: str
    until_at: datetime | None
    amount_usd: Decimal | None
    credits: Decimal | None


@dataclass(frozen=True, slots=True)
class ProrationRow:
    """One change of plan in mid-period, with what its calculation went by."""

    user_id: UUID
    id: UUID
    subscription_id: UUID
    customer_name: str
    change_type: str
    status: str
    from_tier: str
    to_tier: str
    from_price_usd: Decimal
    to_price_usd: Decimal
    from_monthly_credits: Decimal
    to_monthly_credits: Decimal
    billing_start: datetime
    billing_end: datetime
    allowance_start: datetime | None
    allowance_end: datetime | None
    effective_date: datetime
    unused_credit_value_usd: Decimal
    new_tier_prorated_cost_usd: Decimal
    discount_usd: Decimal
    net_charge_usd: Decimal
    credits_granted: Decimal
    credits_withdrawn: Decimal


@dataclass(frozen=True, slots=True)
class ProrationKpis:
    """Changes in mid-period of some days; the average is None where there was none."""

    events: int
    net_usd: Decimal
    average_usd: Decimal | None
    credits: Decimal


@dataclass(frozen=True, slots=True)
class TierOnSale:
    """A tier that is sold, and what it costs and grants now."""

    name: str
    title: str
    monthly_price_usd: Decimal
    annual_price_usd: Decimal
    monthly_credit_allocation: Decimal
    trial_days: int


subscriptions = Query("billing/subscriptions", SubscriptionRow)
subscription_kpis = Query("billing/subscription_kpis", SubscriptionKpis)
subscription = Query("billing/subscription", SubscriptionDetail)
subscription_history = Query("billing/subscription_history", Happening)
prorations = Query("billing/prorations", ProrationRow)
proration_kpis = Query("billing/proration_kpis", ProrationKpis)
tiers_on_sale = Query("billing/tiers_on_sale", TierOnSale)
