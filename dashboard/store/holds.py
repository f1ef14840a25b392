"""Credits held before a request, and the database's own functions for asking first."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.engine.asking import Asked
from dashboard.sql import Query
from dashboard.store.columns import Credits, Digest, Instant, filled


class CreditHold(Base):
    """A reservation for one request; how it ended is all that ever changes."""

    __tablename__ = "credit_hold"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "settled_request_id"], ["token_usage_ledger.user_id", "token_usage_ledger.request_id"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID]
    body_sha256: Mapped[Digest]
    credits: Mapped[Credits]
    placed_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    settled_at: Mapped[Instant | None]
    released_at: Mapped[Instant | None]
    settled_request_id: Mapped[UUID | None] = filled()
    api_key_id: Mapped[UUID | None]


@dataclass(frozen=True, slots=True)
class Named:
    """Whom and what a question names; None for what nobody knows."""

    user_id: UUID | None
    provider_id: UUID | None


place_hold = Query("holds/place_hold", Asked)
settle_hold = Query("holds/settle_hold", Asked)
release_hold = Query("holds/release_hold", Asked)
deduct_credits = Query("holds/deduct_credits", Asked)
named = Query("holds/named", Named)
