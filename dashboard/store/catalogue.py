"""What is sold and what it costs us."""

from uuid import UUID

from sqlalchemy import FetchedValue, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import (
    CostUsd,
    Count,
    Credits,
    Digest,
    Instant,
    Json,
    MoneyUsd,
    Multiplier,
    Percent,
    PricePer1k,
    Small,
    Text,
    Texts,
    Whole,
    filled,
)


class Provider(Base):
    """A vendor of models."""

    __tablename__ = "providers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[Text]
    display_name: Mapped[Text]
    api_type: Mapped[Text]
    is_enabled: Mapped[bool] = filled()
    created_at: Mapped[Instant] = filled()
    updated_at: Mapped[Instant] = filled()


class Model(Base):
    """One model of one provider."""

    __tablename__ = "models"

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"), primary_key=True)
    id: Mapped[Text] = mapped_column(primary_key=True)
    name: Mapped[Text]
    is_available: Mapped[bool] = filled()
    is_legacy: Mapped[bool] = filled()
    is_archived: Mapped[bool] = filled()
    meta: Mapped[Json] = filled()
    created_at: Mapped[Instant] = filled()
    updated_at: Mapped[Instant] = filled()


class VendorPrice(Base):
    """What a vendor charges, USD per 1,000 tokens; dated, a change closes the old row."""

    __tablename__ = "model_provider_pricing"
    __table_args__ = (ForeignKeyConstraint(["provider_id", "model_name"], ["models.provider_id", "models.id"]),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    model_name: Mapped[Text]
    vendor_model_id: Mapped[Text | None]
    input_price_per_1k: Mapped[PricePer1k]
    output_price_per_1k: Mapped[PricePer1k]
    cache_input_price_per_1k: Mapped[PricePer1k | None]
    cache_hit_price_per_1k: Mapped[PricePer1k | None]
    context_threshold_tokens: Mapped[Count | None]
    input_price_per_1k_high_context: Mapped[PricePer1k | None]
    output_price_per_1k_high_context: Mapped[PricePer1k | None]
    cache_write_price_per_1k_high_context: Mapped[PricePer1k | None]
    cache_read_price_per_1k_high_context: Mapped[PricePer1k | None]
    is_free: Mapped[bool] = filled()
    effective_from: Mapped[Instant]
    effective_until: Mapped[Instant | None]
    previous_price_input: Mapped[PricePer1k | None]
    previous_price_output: Mapped[PricePer1k | None]
    price_change_percent_input: Mapped[Percent | None]
    price_change_percent_output: Mapped[Percent | None]
    detected_at: Mapped[Instant]
    source: Mapped[Text]
    description: Mapped[Text | None]
    last_verified: Mapped[Instant]
    verification_frequency_days: Mapped[Whole] = filled()
    created_by: Mapped[UUID | None]
    created_at: Mapped[Instant] = filled()


class Tier(Base):
    """A plan's name and place."""

    __tablename__ = "tier"

    name: Mapped[Text] = mapped_column(primary_key=True)
    display_name: Mapped[Text]
    position: Mapped[Small]
    is_sold: Mapped[bool] = filled()
    is_active: Mapped[bool] = filled()


class TierVersion(Base):
    """What a tier costs and grants from a date on."""

    __tablename__ = "tier_version"

    tier: Mapped[Text] = mapped_column(ForeignKey("tier.name"), primary_key=True)
    effective_from: Mapped[Instant] = mapped_column(primary_key=True)
    monthly_price_usd: Mapped[MoneyUsd]
    annual_price_usd: Mapped[MoneyUsd]
    monthly_credit_allocation: Mapped[Credits]
    max_credit_rollover: Mapped[Credits]
    floor_multiplier: Mapped[Multiplier]
    trial_days: Mapped[Whole] = filled()
    features: Mapped[Json] = filled()
    created_at: Mapped[Instant] = filled()
    approval_id: Mapped[UUID | None] = mapped_column(ForeignKey("approval_request.id"))


class CreditPolicy(Base):
    """What one credit is worth and the step of a charge, from a date on."""

    __tablename__ = "credit_policy"

    effective_from: Mapped[Instant] = mapped_column(primary_key=True)
    unit_usd: Mapped[CostUsd]
    increment: Mapped[Credits]
    created_at: Mapped[Instant] = filled()
    approval_id: Mapped[UUID | None] = mapped_column(ForeignKey("approval_request.id"))


class PricingScope(Base):
    """A thing a multiplier can be set for."""

    __tablename__ = "pricing_scope"

    id: Mapped[Count] = mapped_column(primary_key=True)
    scope_type: Mapped[Text]
    subscription_tier: Mapped[Text | None] = mapped_column(ForeignKey("tier.name"))
    provider_id: Mapped[UUID | None] = mapped_column(ForeignKey("providers.id"))
    model_id: Mapped[Text | None]
    rank: Mapped[Small | None] = filled()


class PricingConfig(Base):
    """One version of one multiplier."""

    __tablename__ = "pricing_configs"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    scope_id: Mapped[Count] = mapped_column(ForeignKey("pricing_scope.id"))
    margin_multiplier: Mapped[Multiplier]
    target_gross_margin_percent: Mapped[Percent | None]
    effective_from: Mapped[Instant | None]
    effective_until: Mapped[Instant | None]
    reason: Mapped[Text]
    reason_details: Mapped[Text | None]
    previous_multiplier: Mapped[Multiplier | None]
    change_percent: Mapped[Percent | None]
    approval_status: Mapped[Text] = filled()
    approved_via: Mapped[Text | None]
    approved_at: Mapped[Instant | None]
    approved_sha256: Mapped[Digest | None]
    submitted_at: Mapped[Instant | None]
    created_at: Mapped[Instant] = filled()
    updated_at: Mapped[Instant] = filled()
    number: Mapped[Count] = filled()
    version: Mapped[Small] = filled()
    predecessor_id: Mapped[UUID | None] = mapped_column(ForeignKey("pricing_configs.id"))
    rolls_back_id: Mapped[UUID | None] = mapped_column(ForeignKey("pricing_configs.id"))
    closes_id: Mapped[UUID | None] = mapped_column(ForeignKey("pricing_configs.id"))
    closed_until: Mapped[Instant | None]
    is_urgent: Mapped[bool] = filled()
    acknowledges: Mapped[Texts] = filled()
    source: Mapped[Json | None]
    decide_by: Mapped[Instant | None]
    decided_at: Mapped[Instant | None]
    decision_reason: Mapped[Text | None]


class PricingParticipant(Base):
    """Who wrote, edited or approved a version; one person, one role."""

    __tablename__ = "pricing_config_participant"
    __table_args__ = (ForeignKeyConstraint(["operator_id", "person_id"], ["operator.id", "operator.person_id"]),)

    config_id: Mapped[UUID] = mapped_column(ForeignKey("pricing_configs.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[Text]
    created_at: Mapped[Instant] = filled()
    operator_id: Mapped[UUID | None]
