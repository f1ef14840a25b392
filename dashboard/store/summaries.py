"""What pages read: sums of the books, folded from waiting deltas."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Count, Instant, Small, Sum, Text


class UsageSums:
    """The sums every usage summary keeps."""

    requests: Mapped[Count]
    priced_requests: Mapped[Count]
    unpriced_requests: Mapped[Count]
    input_tokens: Mapped[Sum]
    cached_input_tokens: Mapped[Sum]
    cache_write_tokens: Mapped[Sum]
    output_tokens: Mapped[Sum]
    vendor_cost_usd: Mapped[Sum]
    credit_value_usd: Mapped[Sum]
    credits_due: Mapped[Sum]
    credits_deducted: Mapped[Sum]
    credits_uncovered: Mapped[Sum]
    list_revenue_usd: Mapped[Sum]
    realised_revenue_usd: Mapped[Sum]
    rounding_gain_usd: Mapped[Sum]
    default_multiplier_requests: Mapped[Count]
    latency_ms_sum: Mapped[Sum]
    latency_count: Mapped[Count]
    credits_reversed: Mapped[Sum]
    list_reversed_usd: Mapped[Sum]
    realised_reversed_usd: Mapped[Sum]
    credits_corrected: Mapped[Sum]
    list_corrected_usd: Mapped[Sum]
    realised_corrected_usd: Mapped[Sum]


class UsageDelta(UsageSums, Base):
    """What one ledger row adds, waiting to be folded."""

    __tablename__ = "usage_delta"

    id: Mapped[Count] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    request_id: Mapped[UUID]
    day: Mapped[date]
    hour: Mapped[Instant]
    provider_id: Mapped[UUID]
    model_id: Mapped[Text]
    tier: Mapped[Text]
    request_type: Mapped[Text]
    key_mode: Mapped[Text]
    status: Mapped[Text]
    cost_bucket: Mapped[Small | None]
    dearest_cost_usd: Mapped[Sum | None]


class UsageDaily(UsageSums, Base):
    """Sums per day and dimension."""

    __tablename__ = "usage_daily_summary"

    day: Mapped[date] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[Text] = mapped_column(primary_key=True)
    tier: Mapped[Text] = mapped_column(primary_key=True)
    request_type: Mapped[Text] = mapped_column(primary_key=True)
    key_mode: Mapped[Text] = mapped_column(primary_key=True)
    status: Mapped[Text] = mapped_column(primary_key=True)


class UsageHourly(UsageSums, Base):
    """Sums per hour and dimension."""

    __tablename__ = "usage_hourly_summary"

    hour: Mapped[Instant] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[Text] = mapped_column(primary_key=True)
    tier: Mapped[Text] = mapped_column(primary_key=True)
    request_type: Mapped[Text] = mapped_column(primary_key=True)
    key_mode: Mapped[Text] = mapped_column(primary_key=True)
    status: Mapped[Text] = mapped_column(primary_key=True)


class UsageCustomerDaily(UsageSums, Base):
    """Sums per customer, day and dimension."""

    __tablename__ = "usage_customer_daily_summary"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[Text] = mapped_column(primary_key=True)
    tier: Mapped[Text] = mapped_column(primary_key=True)
    request_type: Mapped[Text] = mapped_column(primary_key=True)
    key_mode: Mapped[Text] = mapped_column(primary_key=True)
    status: Mapped[Text] = mapped_column(primary_key=True)


class CustomerActivity(Base):
    """Who was active on a day, and on which tier."""

    __tablename__ = "customer_activity_daily"

    day: Mapped[date] = mapped_column(primary_key=True)
    tier: Mapped[Text] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    requests: Mapped[Count]


class CostHistogram(Base):
    """Requests per logarithmic cost bucket."""

    __tablename__ = "usage_cost_histogram"

    day: Mapped[date] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[Text] = mapped_column(primary_key=True)
    bucket: Mapped[Small] = mapped_column(primary_key=True)
    requests: Mapped[Count]
    vendor_cost_usd: Mapped[Sum]


class DearestRequest(Base):
    """The hundred dearest requests of each day."""

    __tablename__ = "usage_dearest_request"

    day: Mapped[date] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID]
    model_id: Mapped[Text]
    vendor_cost_usd: Mapped[Sum]


class TokenUsageDaily(Base):
    """Document 001's token summary."""

    __tablename__ = "token_usage_daily_summary"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    summary_date: Mapped[date] = mapped_column(primary_key=True)
    total_requests: Mapped[Count]
    successful_requests: Mapped[Count]
    total_input_tokens: Mapped[Sum]
    total_output_tokens: Mapped[Sum]
    total_vendor_cost: Mapped[Sum]
    total_credits_deducted: Mapped[Sum]
    total_gross_margin: Mapped[Sum]
    latency_ms_sum: Mapped[Sum]
    latency_count: Mapped[Count]


class CreditUsageDaily(Base):
    """Document 001's credit summary."""

    __tablename__ = "credit_usage_daily_summary"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    summary_date: Mapped[date] = mapped_column(primary_key=True)
    total_deductions: Mapped[Sum]
    total_requests: Mapped[Count]
    total_vendor_cost: Mapped[Sum]
    total_gross_margin: Mapped[Sum]


class MovementSums:
    """What came in and went out: postings, credits, what was paid for grants, what was realised of it."""

    postings: Mapped[Count]
    credits_in: Mapped[Sum]
    credits_out: Mapped[Sum]
    paid_in_usd: Mapped[Sum]
    realised_usd: Mapped[Sum]


class MovementMark(Base):
    """The last entry of each customer whose movements are folded."""

    __tablename__ = "credit_movement_mark"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    seq: Mapped[Count]


class MovementDaily(MovementSums, Base):
    """What moved the balances, per day, kind of grant and reason."""

    __tablename__ = "credit_movement_daily"

    day: Mapped[date] = mapped_column(primary_key=True)
    category: Mapped[Text] = mapped_column(primary_key=True)
    reason: Mapped[Text] = mapped_column(primary_key=True)


class MovementCustomerDaily(MovementSums, Base):
    """The same per customer."""

    __tablename__ = "credit_movement_customer_daily"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    category: Mapped[Text] = mapped_column(primary_key=True)
    reason: Mapped[Text] = mapped_column(primary_key=True)
