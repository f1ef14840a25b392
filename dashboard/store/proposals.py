"""Proposals: what happened to them, what was said of them, and the database's own functions for every change.

The application may only read these tables: whatever changes them is a function of the database.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.engine.price_scopes import HeldPrice
from dashboard.engine.proposals import PriceAnswer
from dashboard.sql import Query
from dashboard.store.columns import Count, Instant, Json, Text, filled


class PricingEvent(Base):
    """One thing that happened to a version; never changed."""

    __tablename__ = "pricing_config_event"
    __table_args__ = (ForeignKeyConstraint(["operator_id", "person_id"], ["operator.id", "operator.person_id"]),)

    id: Mapped[Count] = mapped_column(primary_key=True)
    config_id: Mapped[UUID] = mapped_column(ForeignKey("pricing_configs.id"))
    at: Mapped[Instant]
    kind: Mapped[Text]
    operator_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    actor_name: Mapped[Text]
    reason: Mapped[Text | None]
    detail: Mapped[Json] = filled()


class PricingComment(Base):
    """What somebody said of a version; never changed."""

    __tablename__ = "pricing_config_comment"
    __table_args__ = (ForeignKeyConstraint(["operator_id", "person_id"], ["operator.id", "operator.person_id"]),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    config_id: Mapped[UUID] = mapped_column(ForeignKey("pricing_configs.id"))
    operator_id: Mapped[UUID]
    person_id: Mapped[UUID]
    author_name: Mapped[Text]
    words: Mapped[Text]
    created_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class TierFloor:
    """A tier and one of its dated floors, None where it has none."""

    name: str
    is_active: bool
    effective_from: datetime | None
    floor_multiplier: Decimal | None


@dataclass(frozen=True, slots=True)
class ProviderOf:
    """A provider, and whether it has the model asked for."""

    name: str
    has_model: bool


@dataclass(frozen=True, slots=True)
class Version:
    """One version with its terms, and the persons who wrote or edited it."""

    id: UUID
    number: int
    version: int
    state: str
    scope_type: str
    tier: str | None
    provider: str | None
    model: str | None
    multiplier: Decimal
    previous_multiplier: Decimal | None
    target_margin_percent: Decimal | None
    effective_from: datetime | None
    effective_until: datetime | None
    reason: str
    reason_details: str | None
    is_urgent: bool
    acknowledges: list[str]
    source: Any
    writers: list[UUID]


@dataclass(frozen=True, slots=True)
class Listed:
    """One version in a list."""

    id: UUID
    number: int
    version: int
    state: str
    scope_type: str
    tier: str | None
    provider: str | None
    model: str | None
    multiplier: Decimal
    effective_from: datetime | None
    effective_until: datetime | None
    reason: str
    reason_details: str | None


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a version, and who did it."""

    at: datetime
    kind: str
    actor_name: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Expired:
    """A version nobody decided in time."""

    config_id: UUID


draft = Query("proposals/draft", PriceAnswer)
submit = Query("proposals/submit", PriceAnswer)
approve = Query("proposals/approve", PriceAnswer)
reject = Query("proposals/reject", PriceAnswer)
withdraw = Query("proposals/withdraw", PriceAnswer)
comment = Query("proposals/comment", PriceAnswer)
expire = Query("proposals/expire", Expired)
tiers = Query("proposals/tiers", TierFloor)
providers = Query("proposals/providers", ProviderOf)
held = Query("proposals/held", HeldPrice)
version = Query("proposals/version", Version)
listed = Query("proposals/listed", Listed)
timeline = Query("proposals/timeline", Happened)
# Only the database's owner may say what time it is.
draft_at = Query("proposals/draft_at", PriceAnswer)
submit_at = Query("proposals/submit_at", PriceAnswer)
approve_at = Query("proposals/approve_at", PriceAnswer)
