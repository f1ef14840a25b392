"""Corrections of usage that were asked for, and how far each has come."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.sql import Query
from dashboard.store.columns import Count, Instant, Sum, Text, filled


class CorrectionRun(Base):
    """One correction of a model's usage: what was asked for, and what has been posted of it."""

    __tablename__ = "correction_run"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    model_id: Mapped[Text]
    charge: Mapped[bool]
    reason: Mapped[Text]
    status: Mapped[Text] = filled()
    requests: Mapped[Count]
    requests_done: Mapped[Count] = filled()
    vendor_cost_usd: Mapped[Sum] = filled()
    credits_due: Mapped[Sum] = filled()
    credits_deducted: Mapped[Sum] = filled()
    credits_uncovered: Mapped[Sum] = filled()
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    requested_name: Mapped[Text]
    requested_at: Mapped[Instant]
    started_at: Mapped[Instant | None] = filled()
    finished_at: Mapped[Instant | None] = filled()
    failure: Mapped[Text | None] = filled()


@dataclass(frozen=True, slots=True)
class Due:
    """How many requests wait for a correction."""

    requests: int


correctable = Query("charging/correctable", Due)
