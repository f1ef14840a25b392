"""Requests that a second person decides."""

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Digest, Instant, Json, Text, filled


class ApprovalRequest(Base):
    """What somebody asks to be done, exactly as it will be done; it never changes, only its state does.

    The decision is left out when a request is made: the application may only write it later.
    """

    __tablename__ = "approval_request"
    __table_args__ = (
        ForeignKeyConstraint(["requested_by", "requested_person_id"], ["operator.id", "operator.person_id"]),
        ForeignKeyConstraint(["decided_by", "decided_person_id"], ["operator.id", "operator.person_id"]),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[Text]
    payload: Mapped[Json]
    payload_sha256: Mapped[Digest] = filled()
    requested_by: Mapped[UUID | None]
    requested_person_id: Mapped[UUID | None]
    requested_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    state: Mapped[Text] = filled()
    decided_by: Mapped[UUID | None] = filled()
    decided_person_id: Mapped[UUID | None] = filled()
    decided_at: Mapped[Instant | None] = filled()
    decision_reason: Mapped[Text | None] = filled()
