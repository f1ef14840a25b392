"""Where events are sent, and what was answered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint in use."""

    endpoint_id: UUID
    url: str
    events: list[str]
    created_by: str | None
    created_at: datetime
    delivered: int
    waiting: int
    given_up: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One event on its way to one endpoint, with its last try."""

    delivery_id: UUID
    event: str
    url: str
    active: bool
    customer_id: str | None
    state: str
    created_at: datetime
    tries: int
    tried_at: datetime | None
    status: int | None
    error: str | None


webhook_endpoints = Query("jobs/webhook_endpoints", EndpointRow)
webhook_deliveries = Query("jobs/webhook_deliveries", DeliveryRow)
