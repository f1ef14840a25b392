"""Answers to money requests that were carried out, kept for those who ask again."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Digest, Instant, Small, Text


class IdempotencyKey(Base):
    """The answer one key of the API got on one route for one Idempotency-Key."""

    __tablename__ = "idempotency_key"

    api_key_id: Mapped[UUID] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    route: Mapped[Text] = mapped_column(primary_key=True)
    key: Mapped[Text] = mapped_column(primary_key=True)
    body_sha256: Mapped[Digest]
    status: Mapped[Small]
    body: Mapped[Text]
    created_at: Mapped[Instant]
