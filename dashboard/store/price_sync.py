"""What price lists said, and what was decided about it."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Count, Digest, Instant, Json, Percent, PricePer1k, Text, Whole, filled


class PriceSync(Base):
    """One comparison of one source with what is known; also one that failed."""

    __tablename__ = "price_sync"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[Text]
    origin: Mapped[Text]
    source: Mapped[Text]
    state: Mapped[Text]
    reason: Mapped[Text | None]
    lines: Mapped[Whole] = filled()
    unchanged: Mapped[Whole] = filled()
    skipped: Mapped[Json] = filled()
    operator_id: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    compared_at: Mapped[Instant]


class PriceSyncLine(Base):
    """What a source says of one model, beside the price it was compared with; a person decides it."""

    __tablename__ = "price_sync_line"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sync_id: Mapped[UUID] = mapped_column(ForeignKey("price_sync.id"))
    origin: Mapped[Text]
    line: Mapped[Text]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    model_name: Mapped[Text]
    effective_from: Mapped[Instant | None]
    input_price_per_1k: Mapped[PricePer1k]
    output_price_per_1k: Mapped[PricePer1k]
    cache_input_price_per_1k: Mapped[PricePer1k | None]
    cache_hit_price_per_1k: Mapped[PricePer1k | None]
    context_threshold_tokens: Mapped[Count | None]
    input_price_per_1k_high_context: Mapped[PricePer1k | None]
    output_price_per_1k_high_context: Mapped[PricePer1k | None]
    cache_write_price_per_1k_high_context: Mapped[PricePer1k | None]
    cache_read_price_per_1k_high_context: Mapped[PricePer1k | None]
    is_free: Mapped[bool]
    unit_tokens: Mapped[Whole]
    said_sha256: Mapped[Digest]
    compared_with: Mapped[UUID | None] = mapped_column(ForeignKey("model_provider_pricing.id"))
    change_percent_input: Mapped[Percent | None]
    change_percent_output: Mapped[Percent | None]
    change_class: Mapped[Text | None]
    blocked_reason: Mapped[Text | None]
    state: Mapped[Text]
    first_seen_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    decided_at: Mapped[Instant | None]
    decision_reason: Mapped[Text | None]
    price_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_provider_pricing.id"))
