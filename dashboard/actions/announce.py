"""Tell those who may decide that something waits for them, and the webhooks what became of it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

Happened = Literal["requested", "approved", "rejected", "withdrawn", "expired"]


def announce_price(session: Session, config_id: UUID, event: Happened, *, now: datetime) -> None:
    """Say what happened to a proposed multiplier, in the transaction in which it happens."""


def announce_request(session: Session, request_id: UUID, event: Happened, *, now: datetime) -> None:
    """Say what happened to a request for approval, in the transaction in which it happens."""
