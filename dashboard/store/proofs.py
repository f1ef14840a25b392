"""What each run of the laws found."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Count, Instant, Json, Seconds, Text, filled


class ProofRun(Base):
    """One run of the laws."""

    __tablename__ = "proof_run"

    id: Mapped[Count] = mapped_column(primary_key=True)
    started_at: Mapped[Instant]
    finished_at: Mapped[Instant]
    trigger: Mapped[Text]


class ProofResult(Base):
    """What one law found in one run."""

    __tablename__ = "proof_result"

    run_id: Mapped[Count] = mapped_column(ForeignKey("proof_run.id"), primary_key=True)
    law: Mapped[Text] = mapped_column(primary_key=True)
    rows_covered: Mapped[Count]
    violations: Mapped[Count]
    seconds: Mapped[Seconds]
    sample: Mapped[Json] = filled()
