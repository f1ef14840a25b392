"""Replays of real usage under another price, and what they found."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.engine.impact import RuleChange
from dashboard.sql import Query
from dashboard.store.columns import Count, Digest, Instant, Json, Text, filled


class ImpactRun(Base):
    """One replay: of one version of a price, or of scenarios nobody has proposed yet."""

    __tablename__ = "impact_run"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    config_id: Mapped[UUID | None] = mapped_column(ForeignKey("pricing_configs.id"))
    scenarios: Mapped[Json]
    window_start: Mapped[Instant]
    window_end: Mapped[Instant]
    assumptions: Mapped[Json]
    status: Mapped[Text] = filled()
    requests: Mapped[Count]
    requests_done: Mapped[Count] = filled()
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    requested_name: Mapped[Text]
    requested_at: Mapped[Instant]
    started_at: Mapped[Instant | None] = filled()
    finished_at: Mapped[Instant | None] = filled()
    failure: Mapped[Text | None] = filled()
    begun: Mapped[Count] = filled()


class ImpactEvidence(Base):
    """What a replay found; the application may add it and never change it."""

    __tablename__ = "impact_evidence"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("impact_run.id"), primary_key=True)
    evidence: Mapped[Json]
    evidence_sha256: Mapped[Digest] = filled()
    created_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests a window holds."""

    requests: int


requests_between = Query("pricing/replay/requests", Requests)
change_of_config = Query("pricing/replay/change_of_config", RuleChange)
