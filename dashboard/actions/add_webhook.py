"""Add and remove the endpoints that are told of events."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import select

from dashboard import db
from dashboard.actions.sealing import sealed
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.webhooks import Reach, faults_of
from dashboard.store.audit import record
from dashboard.store.webhooks import WebhookEndpoint


class NoSuchWebhookError(RuleBrokenError):
    """There is no endpoint of this id."""

    def __init__(self) -> None:
        super().__init__("There is no such webhook. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """An endpoint and its secret, as they are seen once."""

    endpoint_id: UUID
    secret: str


def add_webhook(
    actor: Actor, url: str, events: Sequence[str], *, secret_key: str, reach: Reach, now: datetime
) -> NewWebhook:
    """Return the secret it will be signed with, which is shown now and never again; InvalidInputError by field."""
    url = url.strip()
    faults = faults_of(url, events, reach)
    if faults:
        raise InvalidInputError(faults)
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    added = WebhookEndpoint(
        id=uuid4(),
        url=url,
        sealed_secret=sealed(secret, secret_key),
        events=sorted(set(events)),
        created_by=actor.operator_id,
        created_at=now,
    )
    with db.transaction() as session:
        session.add(added)
        after = {"host": urlsplit(url).hostname, "events": added.events}
        record(session, actor, "add_webhook", "webhook", added.id, after=after, now=now)
    return NewWebhook(added.id, secret)


def remove_webhook(actor: Actor, endpoint_id: UUID, *, now: datetime) -> bool:
    """Send it nothing any more; False if it was removed already."""
    with db.transaction() as session:
        wanted = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update()
        endpoint = session.scalars(wanted).one_or_none()
        if endpoint is None:
            raise NoSuchWebhookError
        if not endpoint.active:
            return False
        endpoint.active, endpoint.removed_at = False, now
        record(session, actor, "remove_webhook", "webhook", endpoint_id, now=now)
    return True
