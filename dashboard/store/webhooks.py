"""Where events are sent, and what became of each."""

from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Credits, Digest, Instant, Json, Seconds, Text, Texts, Whole, filled


class Notice(Base):
    """What was said about one allowance of a customer, once."""

    __tablename__ = "notice"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "source_id"], ["user_credit_source.user_id", "user_credit_source.id"]),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[Text] = mapped_column(primary_key=True)
    remaining_credits: Mapped[Credits]
    allowance_credits: Mapped[Credits]
    raised_at: Mapped[Instant]


class WebhookEndpoint(Base):
    """An address that wants events; its secret is encrypted, because it signs."""

    __tablename__ = "webhook_endpoint"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[Text]
    sealed_secret: Mapped[Digest]
    events: Mapped[Texts]
    active: Mapped[bool] = filled()
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    created_at: Mapped[Instant]
    removed_at: Mapped[Instant | None]


class WebhookDelivery(Base):
    """One event on its way to one endpoint: waiting, delivered or given_up."""

    __tablename__ = "webhook_delivery"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id"))
    event_id: Mapped[UUID]
    event: Mapped[Text]
    body: Mapped[Json]
    state: Mapped[Text] = filled()
    created_at: Mapped[Instant]
    finished_at: Mapped[Instant | None]


class WebhookAttempt(Base):
    """One try of a delivery: the status that was answered, or why none was."""

    __tablename__ = "webhook_attempt"

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_delivery.id"), primary_key=True)
    n: Mapped[Whole] = mapped_column(primary_key=True)
    tried_at: Mapped[Instant]
    seconds: Mapped[Seconds]
    status: Mapped[Whole | None]
    error: Mapped[Text | None]
