"""Experiments as they were estimated."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.sql import Query
from dashboard.store.columns import Count, Credits, Instant, Text, Whole


class Experiment(Base):
    """What an experiment was expected to use; never changed."""

    __tablename__ = "experiment"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    api_key_mode: Mapped[Text]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    model_id: Mapped[Text]
    requests: Mapped[Whole]
    input_tokens: Mapped[Count]
    cached_input_tokens: Mapped[Count]
    cache_write_tokens: Mapped[Count]
    output_tokens: Mapped[Count]
    estimated_credits: Mapped[Credits]
    estimated_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class Expected:
    """Credits one request would be due; None when its model has no price."""

    credits: Decimal | None


estimate = Query("experiments/estimate", Expected)
