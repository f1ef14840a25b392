"""Coupons and campaigns as they stand and as they were approved: read here, changed by the database's own functions alone."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.sql import Query
from dashboard.store.columns import CostUsd, Credits, Instant, Json, MoneyUsd, Text, Texts, Whole, filled


class CouponCampaign(Base):
    """When coupons run together, and what they may give away in all."""

    __tablename__ = "coupon_campaign"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[Whole]
    campaign_name: Mapped[Text]
    campaign_type: Mapped[Text]
    start_date: Mapped[Instant]
    end_date: Mapped[Instant]
    budget_limit_usd: Mapped[MoneyUsd]
    total_spent_usd: Mapped[CostUsd] = filled()
    target_tier: Mapped[Text | None] = mapped_column(ForeignKey("tier.name"))
    is_active: Mapped[bool]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    deleted_at: Mapped[Instant | None]


class Coupon(Base):
    """One code and its terms; how often it may be used is in its usage limit."""

    __tablename__ = "coupon"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[Text]
    version: Mapped[Whole]
    coupon_type: Mapped[Text]
    discount_type: Mapped[Text]
    discount_value: Mapped[Credits]
    currency: Mapped[Text] = filled()
    max_uses_per_user: Mapped[Whole]
    min_purchase_amount: Mapped[MoneyUsd | None]
    tier_eligibility: Mapped[Texts]
    billing_cycles: Mapped[Texts]
    valid_from: Mapped[Instant]
    valid_until: Mapped[Instant | None]
    credits_live_days: Mapped[Whole]
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("coupon_campaign.id"))
    description: Mapped[Text | None]
    is_active: Mapped[bool]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    deleted_at: Mapped[Instant | None]


class CouponRule(Base):
    """What a coupon asks for besides."""

    __tablename__ = "coupon_validation_rule"

    coupon_id: Mapped[UUID] = mapped_column(ForeignKey("coupon.id"), primary_key=True)
    rule_type: Mapped[Text] = mapped_column(primary_key=True)
    rule_value: Mapped[Json]


class CouponVersion(Base):
    """Terms of a coupon as another person approved them; never changed."""

    __tablename__ = "coupon_version"

    coupon_id: Mapped[UUID] = mapped_column(ForeignKey("coupon.id"), primary_key=True)
    version: Mapped[Whole] = mapped_column(primary_key=True)
    terms: Mapped[Json]
    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approval_request.id"))
    created_at: Mapped[Instant]


class CampaignVersion(Base):
    """Terms of a campaign as another person approved them; never changed."""

    __tablename__ = "coupon_campaign_version"

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("coupon_campaign.id"), primary_key=True)
    version: Mapped[Whole] = mapped_column(primary_key=True)
    terms: Mapped[Json]
    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approval_request.id"))
    created_at: Mapped[Instant]


class CouponUsageLimit(Base):
    """The counter of a coupon, and the row its redemptions wait for."""

    __tablename__ = "coupon_usage_limit"

    coupon_id: Mapped[UUID] = mapped_column(ForeignKey("coupon.id"), primary_key=True)
    max_uses: Mapped[Whole | None]
    total_uses: Mapped[Whole] = filled()
    last_number: Mapped[Whole] = filled()
    total_discount_applied_usd: Mapped[CostUsd] = filled()
    last_used_at: Mapped[Instant | None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of approved terms: applied, or why not; how many coupons, and the first or the campaign."""

    outcome: str
    coupons: int
    object_id: UUID | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """Whether there was something to stop."""

    stopped: bool


apply_coupon_terms = Query("coupons/apply_terms", Applied)
stop_coupon = Query("coupons/stop", Stopped)
