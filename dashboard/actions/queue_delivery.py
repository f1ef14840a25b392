"""Put events on their way: the delivery and its job in the transaction of what happened."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.audit import record
from dashboard.store.jobs import defer
from dashboard.store.webhooks import WebhookDelivery, WebhookEndpoint

DELIVER, WEBHOOK_QUEUE = "deliver_webhook", "webhooks"


class NoSuchDeliveryError(RuleBrokenError):
    """There is no delivery of this id, or its endpoint was removed."""

    def __init__(self) -> None:
        super().__init__("There is no such delivery, or its endpoint was removed. Nothing was changed.")


def queue_deliveries(session: Session, event_id: UUID, event: str, body: dict[str, object], *, now: datetime) -> int:
    """Queue the event for every endpoint in use that wants it; return how many there are."""
    wanting = select(WebhookEndpoint.id).where(WebhookEndpoint.active, WebhookEndpoint.events.contains([event]))
    endpoints = session.scalars(wanting).all()
    for endpoint_id in endpoints:
        delivery = WebhookDelivery(
            id=uuid4(), endpoint_id=endpoint_id, event_id=event_id, event=event, body=body, created_at=now
        )
        session.add(delivery)
        session.flush()
        _queue(session, delivery.id)
    return len(endpoints)


def redeliver(actor: Actor, delivery_id: UUID, *, now: datetime) -> None:
    """Send an event again, whatever became of it: the same id, so that the receiver can tell."""
    with db.transaction() as session:
        wanted = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id).with_for_update()
        delivery = session.scalars(wanted).one_or_none()
        if delivery is None or not session.get_one(WebhookEndpoint, delivery.endpoint_id).active:
            raise NoSuchDeliveryError
        delivery.state, delivery.finished_at = "waiting", None
        _queue(session, delivery_id)
        record(session, actor, "redeliver_webhook", "webhook_delivery", delivery_id, now=now)


def _queue(session: Session, delivery_id: UUID) -> None:
    once = f"{DELIVER} {delivery_id}"
    defer(session, DELIVER, queue=WEBHOOK_QUEUE, once=once, arguments={"delivery_id": str(delivery_id)})
