"""The people who operate Ledgerline, and the ways they get in."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Digest, Instant, Text, Whole


class Operator(Base):
    """An account; two accounts of one human share the person."""

    __tablename__ = "operator"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    email: Mapped[Text]
    name: Mapped[Text]
    role: Mapped[Text]
    status: Mapped[Text]
    password_hash: Mapped[Text | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    password_changed_at: Mapped[Instant | None]
    last_sign_in_at: Mapped[Instant | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class OperatorSession(Base):
    """One signed-in browser; its token is kept as a hash."""

    __tablename__ = "operator_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_sha256: Mapped[Digest]
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operator.id"))
    created_at: Mapped[Instant]
    last_seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    ended_reason: Mapped[Text | None]
    address: Mapped[Text | None]
    user_agent: Mapped[Text | None]


class OperatorInvitation(Base):
    """A link by which someone sets their password, once."""

    __tablename__ = "operator_invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_sha256: Mapped[Digest]
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operator.id"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]


class Throttle(Base):
    """Tries at a password per subject and window; subjects are hashed."""

    __tablename__ = "throttle"

    kind: Mapped[Text] = mapped_column(primary_key=True)
    subject_sha256: Mapped[Digest] = mapped_column(primary_key=True)
    window_start: Mapped[Instant] = mapped_column(primary_key=True)
    failures: Mapped[Whole]
