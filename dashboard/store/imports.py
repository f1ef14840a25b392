"""What came in from outside, and what could not be taken."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Count, Digest, Instant, Json, Text, filled


class ImportRun(Base):
    """One run of an importer."""

    __tablename__ = "import_run"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[Text]
    source_name: Mapped[Text]
    state: Mapped[Text]
    started_at: Mapped[Instant]
    finished_at: Mapped[Instant | None]
    rows_read: Mapped[Count] = filled()
    accepted: Mapped[Count] = filled()
    replayed: Mapped[Count] = filled()
    rejected: Mapped[Count] = filled()
    detail: Mapped[Json] = filled()


class UsageReject(Base):
    """A raw event that could not be taken, kept to be repaired."""

    __tablename__ = "usage_reject"

    id: Mapped[Count] = mapped_column(primary_key=True)
    fingerprint: Mapped[Digest]
    import_run_id: Mapped[UUID | None] = mapped_column(ForeignKey("import_run.id"))
    line: Mapped[Count | None]
    code: Mapped[Text]
    reason: Mapped[Text]
    raw: Mapped[Json]
    received_at: Mapped[Instant]
    keep_until: Mapped[Instant]
    repaired_at: Mapped[Instant | None]
