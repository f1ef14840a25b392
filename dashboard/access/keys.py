"""API keys: `Authorization: Bearer llk_<prefix>_<secret>`, of which the database keeps a hash."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import request

from dashboard import db
from dashboard.access.current import now
from dashboard.actions.touch_api_key import touch_api_key
from dashboard.engine.actors import Actor
from dashboard.engine.settings import SETTINGS
from dashboard.engine.tokens import fingerprint
from dashboard.reports.api_keys import api_key_of_secret

TOUCH_EVERY = timedelta(seconds=60)
PER_MINUTE = SETTINGS["api_key_requests_per_minute"].default


@dataclass(frozen=True, slots=True)
class Key:
    """A key in force and who it acts as."""

    actor: Actor
    api_key_id: UUID
    scopes: frozenset[str]
    requests_per_minute: int


def authenticate(header: str | None) -> Key | None:
    """Return the key of an Authorization header; None if it is unknown, revoked, expired or no Bearer key."""
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return None
    with db.snapshot() as connection:
        kept = fingerprint(secret.strip())
        rows = api_key_of_secret.all(connection, secret_sha256=kept, per_minute=PER_MINUTE, now=now())
    if not rows:
        return None
    found = rows[0]
    if found.last_used_at is None or now() - found.last_used_at >= TOUCH_EVERY:
        touch_api_key(found.api_key_id, now=now())
    actor = Actor(name=found.name, role="api_key", address=request.remote_addr, api_key_id=found.api_key_id)
    return Key(actor, found.api_key_id, frozenset(found.scopes), found.requests_per_minute)
