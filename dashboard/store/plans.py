"""How plans and the credit policy change: what was approved, carried out by the database; and kept scenarios."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.sql import Query
from dashboard.store.columns import Instant, Json, Text, filled


class TierStateChange(Base):
    """Whether a tier is sold or in use, before and after one approved change."""

    __tablename__ = "tier_change"

    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approval_request.id"), primary_key=True)
    tier: Mapped[Text] = mapped_column(ForeignKey("tier.name"))
    was_sold: Mapped[bool]
    was_active: Mapped[bool]
    is_sold: Mapped[bool]
    is_active: Mapped[bool]
    changed_at: Mapped[Instant]


class PlanWithdrawal(Base):
    """A version that was taken back before it began, and what it said."""

    __tablename__ = "plan_withdrawal"

    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approval_request.id"), primary_key=True)
    effective_from: Mapped[Instant]
    said: Mapped[Json]
    withdrawn_by: Mapped[UUID] = mapped_column(ForeignKey("operator.id"))
    withdrawn_at: Mapped[Instant]
    reason: Mapped[Text]


class Scenario(Base):
    """What the simulator was asked, under a name: its address says every scenario, the days and the filters."""

    __tablename__ = "scenario"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[Text]
    address: Mapped[Text]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("operator.id"))
    created_at: Mapped[Instant]
    removed_at: Mapped[Instant | None] = filled()


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """What became of an approved change; nothing was written unless the outcome is `applied`."""

    outcome: str
    tier: str | None
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class PlanWithdrawn:
    """What became of a withdrawal; nothing was written unless the outcome is `withdrawn`."""

    outcome: str


apply_plan_change = Query("pricing/apply_plan_change", PlanChanged)
withdraw_plan = Query("pricing/withdraw_plan", PlanWithdrawn)
