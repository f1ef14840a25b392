"""Keys of the API; the secret is kept as a hash."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Count, Credits, Digest, Instant, Text, Texts, Whole


class ApiKey(Base):
    """A key with its scopes and limits."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[Text]
    prefix: Mapped[Text]
    secret_sha256: Mapped[Digest]
    scopes: Mapped[Texts]
    limit_per_call_credits: Mapped[Credits]
    limit_per_day_credits: Mapped[Credits]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    last_used_at: Mapped[Instant | None]
    replaced_by: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id"))
    requests_per_minute: Mapped[Whole | None]


class ApiKeyRate(Base):
    """How often a key asked in one minute, over all web workers."""

    __tablename__ = "api_key_rate"

    api_key_id: Mapped[UUID] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    minute: Mapped[Instant] = mapped_column(primary_key=True)
    requests: Mapped[Count]
