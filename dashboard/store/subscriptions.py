"""Plans looked after here: their billing periods, changes in mid-period, and what happens while nobody pays."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.sql import Query
from dashboard.store.columns import Count, Credits, Instant, MoneyUsd, Small, Text

SUBSCRIPTION = ["subscription_monetization.user_id", "subscription_monetization.id"]


class SubscriptionPeriod(Base):
    """One billing period; each begins where the one before it ended."""

    __tablename__ = "subscription_period"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "subscription_id"], SUBSCRIPTION),
        ForeignKeyConstraint(
            ["user_id", "subscription_id", "follows"],
            [
                "subscription_period.user_id",
                "subscription_period.subscription_id",
                "subscription_period.period_end",
            ],
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(primary_key=True)
    period_start: Mapped[Instant] = mapped_column(primary_key=True)
    period_end: Mapped[Instant]
    follows: Mapped[Instant | None]
    kind: Mapped[Text]
    tier: Mapped[Text] = mapped_column(ForeignKey("tier.name"))
    billing_cycle: Mapped[Text]
    price_usd: Mapped[MoneyUsd]
    opened_at: Mapped[Instant]


class ProrationEvent(Base):
    """A change of plan in mid-period, with everything its calculation went by."""

    __tablename__ = "proration_event"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "subscription_id"], SUBSCRIPTION),
        ForeignKeyConstraint(["user_id", "source_id"], ["user_credit_source.user_id", "user_credit_source.id"]),
        ForeignKeyConstraint(
            ["user_id", "withdrawn_seq"], ["credit_deduction_ledger.user_id", "credit_deduction_ledger.seq"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[UUID]
    change_type: Mapped[Text]
    status: Mapped[Text]
    from_tier: Mapped[Text] = mapped_column(ForeignKey("tier.name"))
    to_tier: Mapped[Text] = mapped_column(ForeignKey("tier.name"))
    from_price_usd: Mapped[MoneyUsd]
    to_price_usd: Mapped[MoneyUsd]
    from_monthly_credits: Mapped[Credits]
    to_monthly_credits: Mapped[Credits]
    billing_start: Mapped[Instant]
    billing_end: Mapped[Instant]
    allowance_start: Mapped[Instant | None]
    allowance_end: Mapped[Instant | None]
    effective_date: Mapped[Instant]
    unused_credit_value_usd: Mapped[MoneyUsd]
    new_tier_prorated_cost_usd: Mapped[MoneyUsd]
    discount_usd: Mapped[MoneyUsd]
    net_charge_usd: Mapped[MoneyUsd]
    credits_granted: Mapped[Credits]
    credits_withdrawn: Mapped[Credits]
    source_id: Mapped[UUID | None]
    withdrawn_seq: Mapped[Count | None]
    invoice_id: Mapped[UUID | None]
    created_at: Mapped[Instant]


class DunningAttempt(Base):
    """One time an invoice was found unpaid, or paid after all."""

    __tablename__ = "dunning_attempt"
    __table_args__ = (ForeignKeyConstraint(["user_id", "subscription_id"], SUBSCRIPTION),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt_number: Mapped[Small] = mapped_column(primary_key=True)
    subscription_id: Mapped[UUID]
    scheduled_at: Mapped[Instant]
    attempted_at: Mapped[Instant]
    result: Mapped[Text]
    status_after: Mapped[Text]
    next_retry_at: Mapped[Instant | None]


@dataclass(frozen=True, slots=True)
class Taken:
    """Credits taken back from grants; no entry (seq None) where they held nothing."""

    seq: int | None
    credits: Decimal
    realised_usd: Decimal
    balance_after: Decimal
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """One grant of the running allowance period of a plan, and what it still holds."""

    source_id: UUID
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class Due:
    """A plan for which the clock has something to do."""

    user_id: UUID
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class Carried:
    """How many allowances were carried over."""

    posted: int


take_from_grants = Query("billing/take_from_grants", Taken)
allowance_grants = Query("billing/allowance_grants", Held)
subscriptions_due = Query("billing/subscriptions_due", Due)
post_rollovers = Query("billing/post_rollovers", Carried)
