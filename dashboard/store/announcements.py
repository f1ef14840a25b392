"""What was said of things that wait for a second person, to whom, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.sql import Query
from dashboard.store.columns import Instant, Text, Whole, filled


class Announcement(Base):
    """One event of one thing, said once."""

    __tablename__ = "announcement"

    object_kind: Mapped[Text] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    event: Mapped[Text] = mapped_column(primary_key=True)
    announced_at: Mapped[Instant]


class ApproverMail(Base):
    """One e-mail to one account: waiting, sent, not_needed (decided meanwhile) or given_up."""

    __tablename__ = "approver_mail"
    __table_args__ = (
        ForeignKeyConstraint(
            ["object_kind", "object_id", "event"],
            ["announcement.object_kind", "announcement.object_id", "announcement.event"],
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    object_kind: Mapped[Text]
    object_id: Mapped[UUID]
    event: Mapped[Text]
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operator.id"))
    state: Mapped[Text] = filled()
    created_at: Mapped[Instant]
    finished_at: Mapped[Instant | None]


class ApproverMailAttempt(Base):
    """One try to hand an e-mail in."""

    __tablename__ = "approver_mail_attempt"

    mail_id: Mapped[UUID] = mapped_column(ForeignKey("approver_mail.id"), primary_key=True)
    n: Mapped[Whole] = mapped_column(primary_key=True)
    tried_at: Mapped[Instant]
    error: Mapped[Text | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """Something asked of a second person; `persons` wrote it."""

    object_kind: str
    object_id: UUID
    subject: str
    state: str
    code: str | None
    tier_title: str | None
    provider_title: str | None
    model: str | None
    multiplier: Decimal | None
    asked_by: str | None
    asked_in_demo: bool
    persons: list[UUID]
    asked_at: datetime
    decide_by: datetime | None


@dataclass(frozen=True, slots=True)
class Expiring:
    """Something nobody has decided and nobody was reminded of, shortly before its time is over."""

    object_kind: str
    object_id: UUID


decision_asked = Query("notices/decision_asked", Asked)
decisions_expiring = Query("notices/decisions_expiring", Expiring)
