"""Customers and what they are subscribed to; every key leads with the customer."""

from uuid import UUID

from sqlalchemy import FetchedValue, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Credits, Instant, MoneyUsd, Small, Temperature, Text, Whole, filled


class Customer(Base):
    """A customer; an anonymous tombstone once erased."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[Text]
    name: Mapped[Text]
    status: Mapped[Text] = filled()
    monthly_cap_credits: Mapped[Credits | None]
    registered_at: Mapped[Instant]
    created_at: Mapped[Instant] = filled()
    updated_at: Mapped[Instant] = filled()
    deleted_at: Mapped[Instant | None]
    has_license: Mapped[bool] = filled()


class UniqueKey(Base):
    """What must be unique across customers."""

    __tablename__ = "unique_key"

    kind: Mapped[Text] = mapped_column(primary_key=True)
    value: Mapped[Text] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    created_at: Mapped[Instant] = filled()


class Preferences(Base):
    """What a customer chose."""

    __tablename__ = "user_preferences"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    default_model_id: Mapped[Text | None]
    enable_streaming: Mapped[bool] = filled()
    max_tokens: Mapped[Whole] = filled()
    temperature: Mapped[Temperature] = filled()
    email_notifications: Mapped[bool] = filled()
    usage_alerts: Mapped[bool] = filled()
    updated_at: Mapped[Instant] = filled()


class PersonalNote(Base):
    """Free text and personal values; may be deleted."""

    __tablename__ = "personal_note"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    kind: Mapped[Text]
    body: Mapped[Text]
    created_by: Mapped[UUID | None]
    created_at: Mapped[Instant] = filled()


class Subscription(Base):
    """A plan of a customer over its time."""

    __tablename__ = "subscription_monetization"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    tier: Mapped[Text] = mapped_column(ForeignKey("tier.name"))
    billing_cycle: Mapped[Text]
    status: Mapped[Text]
    base_price_usd: Mapped[MoneyUsd]
    monthly_credit_allocation: Mapped[Credits]
    reset_day_of_month: Mapped[Small]
    started_at: Mapped[Instant]
    current_period_start: Mapped[Instant]
    current_period_end: Mapped[Instant]
    trial_ends_at: Mapped[Instant | None]
    cancel_at_period_end: Mapped[bool] = filled()
    cancelled_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    cancellation_reason: Mapped[Text | None]
    stripe_customer_id: Mapped[Text | None]
    stripe_subscription_id: Mapped[Text | None]
    is_billed_here: Mapped[bool] = filled()
    next_due_at: Mapped[Instant | None]
    allowance_due_at: Mapped[Instant | None]
    pending_tier: Mapped[Text | None] = mapped_column(ForeignKey("tier.name"))
    pending_billing_cycle: Mapped[Text | None]
    unpaid_invoice_id: Mapped[UUID | None]
    unpaid_since: Mapped[Instant | None]
    dunning_attempts: Mapped[Small] = filled()
    created_at: Mapped[Instant] = filled()
    updated_at: Mapped[Instant] = filled()


class TierChange(Base):
    """From when on a customer is on a tier."""

    __tablename__ = "subscription_tier_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "subscription_id"], ["subscription_monetization.user_id", "subscription_monetization.id"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    effective_at: Mapped[Instant] = mapped_column(primary_key=True)
    tier: Mapped[Text] = mapped_column(ForeignKey("tier.name"))
    subscription_id: Mapped[UUID | None]
    reason: Mapped[Text]
    created_at: Mapped[Instant] = filled()
