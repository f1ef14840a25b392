"""Redemptions of coupons, attempts at one, and what was seen of the devices; taken by the database's own functions."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import FetchedValue, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.sql import Query
from dashboard.store.columns import CostUsd, Count, Credits, Digest, Instant, MoneyUsd, Text, Whole, filled


class CouponCustomerUse(Base):
    """How often one customer took a coupon."""

    __tablename__ = "coupon_customer_use"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    coupon_id: Mapped[UUID] = mapped_column(primary_key=True)
    uses: Mapped[Whole]
    max_uses: Mapped[Whole]


class CouponRedemption(Base):
    """A coupon taken, or with `reverses_id` what takes that back; never changed."""

    __tablename__ = "coupon_redemption"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "reverses_id"], ["coupon_redemption.user_id", "coupon_redemption.id"]),
        ForeignKeyConstraint(["user_id", "grant_id"], ["user_credit_source.user_id", "user_credit_source.id"]),
        ForeignKeyConstraint(
            ["user_id", "subscription_id"], ["subscription_monetization.user_id", "subscription_monetization.id"]
        ),
        ForeignKeyConstraint(
            ["user_id", "clawback_seq"], ["credit_deduction_ledger.user_id", "credit_deduction_ledger.seq"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    coupon_id: Mapped[UUID]
    coupon_version: Mapped[Whole]
    campaign_id: Mapped[UUID | None]
    number: Mapped[Whole]
    redemption_status: Mapped[Text]
    reverses_id: Mapped[UUID | None]
    subscription_id: Mapped[UUID | None]
    discount_type: Mapped[Text]
    credits: Mapped[Credits] = filled()
    months_free: Mapped[Whole] = filled()
    original_amount_usd: Mapped[MoneyUsd | None]
    discount_applied_usd: Mapped[MoneyUsd]
    final_amount_usd: Mapped[MoneyUsd | None]
    worth_usd: Mapped[CostUsd]
    applied_to: Mapped[Text | None]
    user_tier: Mapped[Text]
    billing_cycle: Mapped[Text | None]
    grant_id: Mapped[UUID | None] = filled()
    clawback_seq: Mapped[Count | None]
    cause: Mapped[Text | None]
    operator_id: Mapped[UUID | None]
    api_key_id: Mapped[UUID | None]
    redemption_date: Mapped[Instant]


class CouponAttempt(Base):
    """One attempt and what came of it; an unknown code is not kept."""

    __tablename__ = "coupon_attempt"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "redemption_id"], ["coupon_redemption.user_id", "coupon_redemption.id"]),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    coupon_id: Mapped[UUID | None]
    attempted_at: Mapped[Instant]
    outcome: Mapped[Text]
    flagged: Mapped[bool] = filled()
    redemption_id: Mapped[UUID | None]


class CouponDevice(Base):
    """What was seen of the device of an attempt; goes with the person."""

    __tablename__ = "coupon_device"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    fingerprint: Mapped[Digest]
    seen_at: Mapped[Instant]


class CouponFlag(Base):
    """A sign of abuse, waiting to be looked at."""

    __tablename__ = "coupon_fraud_detection"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    coupon_id: Mapped[UUID | None]
    detection_type: Mapped[Text]
    severity: Mapped[Text]
    detected_at: Mapped[Instant]
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"), server_default=FetchedValue())
    reviewed_at: Mapped[Instant | None] = filled()
    resolution: Mapped[Text | None] = filled()


@dataclass(frozen=True, slots=True)
class CouponSeen:
    """A coupon, its campaign and a customer as they stand; the last fields of who tries are there without a coupon too."""

    coupon_id: UUID | None
    code: str | None
    terms: Any
    total_uses: int | None
    uses_by_customer: int
    campaign: Any
    tier: str
    billing_cycle: str | None
    subscription_id: UUID | None
    month_usd: Decimal
    cycle_usd: Decimal
    unit_usd: Decimal
    email: str
    balance: Decimal
    has_ever_paid: bool
    last_refund_at: datetime | None
    has_payment_method: bool
    critical_flags: int
    attempts_last_hour: int
    customers_on_device: int


@dataclass(frozen=True, slots=True)
class Locked:
    """The coupon's lock is taken."""

    locked: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The n-th use of the coupon."""

    number: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a claw-back took; no seq where nothing was left."""

    seq: int | None
    credits: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The reversal is written."""

    given_back: str


coupon_seen = Query("coupons/seen", CouponSeen)
lock_coupon = Query("coupons/lock", Locked)
take_coupon = Query("coupons/take", Taken)
claw_back_grant = Query("coupons/claw_back", TakenBack)
give_back_coupon = Query("coupons/give_back", GivenBack)
