"""The books: they can only be appended to."""

from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import (
    CostUsd,
    Count,
    Credits,
    Digest,
    Instant,
    Json,
    Multiplier,
    Small,
    Text,
    Whole,
    filled,
)


class Balance(Base):
    """A cache of the ledger's head and the customer's serialisation point."""

    __tablename__ = "user_credit_balance"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    amount: Mapped[Credits] = filled()
    last_seq: Mapped[Count] = filled()
    last_created_at: Mapped[Instant | None]
    last_deduction_at: Mapped[Instant | None]
    last_deduction_amount: Mapped[Credits | None]


class CreditSource(Base):
    """A lot of credits: what was granted, what remains, what was paid for it."""

    __tablename__ = "user_credit_source"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "replaces_source_id"], ["user_credit_source.user_id", "user_credit_source.id"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[Text]
    category: Mapped[Text]
    granted: Mapped[Credits]
    remaining: Mapped[Credits]
    paid_usd: Mapped[CostUsd] = filled()
    effective_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    priority: Mapped[Small]
    origin: Mapped[Text]
    expiry_posted_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    replaces_source_id: Mapped[UUID | None]


class Allocation(Base):
    """One allowance of one subscription period."""

    __tablename__ = "credit_allocation"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "source_id"], ["user_credit_source.user_id", "user_credit_source.id"]),
        ForeignKeyConstraint(
            ["user_id", "subscription_id"], ["subscription_monetization.user_id", "subscription_monetization.id"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(primary_key=True)
    allocation_period_start: Mapped[Instant] = mapped_column(primary_key=True)
    allocation_period_end: Mapped[Instant]
    amount: Mapped[Credits]
    source: Mapped[Text]
    source_id: Mapped[UUID]
    expires_at: Mapped[Instant | None]
    created_at: Mapped[Instant] = filled()


class CreditEntry(Base):
    """One movement of a balance; the chain."""

    __tablename__ = "credit_deduction_ledger"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "prev_seq", "prev_created_at", "balance_before"],
            [
                "credit_deduction_ledger.user_id",
                "credit_deduction_ledger.seq",
                "credit_deduction_ledger.created_at",
                "credit_deduction_ledger.balance_after",
            ],
        ),
        ForeignKeyConstraint(
            ["user_id", "reverses_seq", "reverses_amount"],
            ["credit_deduction_ledger.user_id", "credit_deduction_ledger.seq", "credit_deduction_ledger.amount"],
        ),
        ForeignKeyConstraint(
            ["user_id", "reverses_seq", "reversed_link"],
            [
                "credit_deduction_ledger.user_id",
                "credit_deduction_ledger.reverses_seq",
                "credit_deduction_ledger.reversed_after",
            ],
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    seq: Mapped[Count] = mapped_column(primary_key=True)
    prev_seq: Mapped[Count | None] = filled()
    amount: Mapped[Credits]
    balance_before: Mapped[Credits]
    balance_after: Mapped[Credits]
    reason: Mapped[Text]
    request_id: Mapped[UUID | None]
    realised_revenue_usd: Mapped[CostUsd] = filled()
    reverses_seq: Mapped[Count | None]
    reverses_amount: Mapped[Credits | None]
    reversed_before: Mapped[Credits | None]
    reversed_after: Mapped[Credits | None]
    reversed_link: Mapped[Credits | None] = filled()
    operator_id: Mapped[UUID | None]
    api_key_id: Mapped[UUID | None]
    note_id: Mapped[UUID | None]
    cause: Mapped[Text | None]
    approval_id: Mapped[UUID | None]
    created_at: Mapped[Instant]
    prev_created_at: Mapped[Instant | None]
    body_sha256: Mapped[Digest | None]
    incident_batch_id: Mapped[UUID | None]


class SourceDraw(Base):
    """What an entry moved in one lot of credits."""

    __tablename__ = "credit_source_draw"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "seq"], ["credit_deduction_ledger.user_id", "credit_deduction_ledger.seq"]),
        ForeignKeyConstraint(["user_id", "source_id"], ["user_credit_source.user_id", "user_credit_source.id"]),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[Count] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    amount: Mapped[Credits]
    remaining_after: Mapped[Credits]
    realised_revenue_usd: Mapped[CostUsd]
    position: Mapped[Small]


class UsageRow(Base):
    """One request: tokens, cost, value, and what was charged for it."""

    __tablename__ = "token_usage_ledger"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "deduction_seq"], ["credit_deduction_ledger.user_id", "credit_deduction_ledger.seq"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    external_id: Mapped[Text | None]
    subscription_id: Mapped[UUID | None]
    provider_id: Mapped[UUID]
    model_id: Mapped[Text]
    service: Mapped[Text]
    request_type: Mapped[Text]
    status: Mapped[Text]
    key_mode: Mapped[Text]
    user_tier_at_request: Mapped[Text]
    input_tokens: Mapped[Count]
    cached_input_tokens: Mapped[Count]
    cache_write_tokens: Mapped[Count]
    output_tokens: Mapped[Count]
    total_tokens: Mapped[Count | None] = filled()
    cost_status: Mapped[Text]
    price_id: Mapped[UUID | None]
    vendor_cost: Mapped[CostUsd | None]
    pricing_config_id: Mapped[UUID | None]
    multiplier_scope: Mapped[Text]
    margin_multiplier: Mapped[Multiplier]
    credit_value_usd: Mapped[CostUsd | None]
    gross_margin_usd: Mapped[CostUsd | None] = filled()
    unit_usd: Mapped[CostUsd]
    increment: Mapped[Credits]
    credits_due: Mapped[Credits]
    credits_deducted: Mapped[Credits]
    credits_uncovered: Mapped[Credits]
    rounding_gain_usd: Mapped[CostUsd]
    realised_revenue_usd: Mapped[CostUsd]
    deduction_seq: Mapped[Count | None]
    experiment_id: Mapped[UUID | None]
    extra: Mapped[Json | None] = mapped_column("metadata")
    body_sha256: Mapped[Digest]
    request_started_at: Mapped[Instant]
    request_completed_at: Mapped[Instant | None]
    processing_time_ms: Mapped[Count | None]
    import_run_id: Mapped[UUID | None]
    created_at: Mapped[Instant]
    accounted_at: Mapped[Instant]


class UsageCorrection(Base):
    """A signed difference found later; counts as no request."""

    __tablename__ = "usage_correction"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "deduction_seq"], ["credit_deduction_ledger.user_id", "credit_deduction_ledger.seq"]
        ),
        ForeignKeyConstraint(
            ["user_id", "request_id"], ["token_usage_ledger.user_id", "token_usage_ledger.request_id"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[Whole] = mapped_column(primary_key=True)
    vendor_cost: Mapped[CostUsd]
    credit_value_usd: Mapped[CostUsd]
    credits_due: Mapped[Credits]
    credits_deducted: Mapped[Credits]
    credits_uncovered: Mapped[Credits]
    rounding_gain_usd: Mapped[CostUsd]
    realised_revenue_usd: Mapped[CostUsd]
    prices_request: Mapped[bool]
    price_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_provider_pricing.id"))
    deduction_seq: Mapped[Count | None]
    reason: Mapped[Text]
    operator_id: Mapped[UUID | None]
    created_at: Mapped[Instant]
    accounted_at: Mapped[Instant]
