"""API keys: `Authorization: Bearer llk_<prefix>_<secret>`, of which the database keeps a hash."""

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from flask import Response, request

from dashboard import db
from dashboard.access.current import now
from dashboard.access.problems import problem
from dashboard.actions.touch_api_key import touch_api_key
from dashboard.engine.actors import Actor
from dashboard.engine.settings import SETTINGS
from dashboard.engine.tokens import fingerprint
from dashboard.reports.api_keys import KeyInForce, api_key_of_secret

TOUCH_EVERY = timedelta(seconds=60)
REMEMBERED_SECONDS, MOST_REMEMBERED = 5.0, 1_000
PER_MINUTE = SETTINGS["api_key_requests_per_minute"].default


@dataclass(frozen=True, slots=True)
class Key:
    """A key in force and who it acts as."""

    actor: Actor
    api_key_id: UUID
    scopes: frozenset[str]
    requests_per_minute: int


# What was found in the last seconds, by fingerprint; only for views that prove the key again as they write.
_remembered: dict[bytes, tuple[float, KeyInForce]] = {}


def authenticate(header: str | None, *, from_memory: bool = False) -> Key | None:
    """Return the key of an Authorization header; None if it is unknown, revoked, expired or no Bearer key.

    From memory it may be one that was revoked within the last seconds: for who proves it again.
    """
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return None
    kept = fingerprint(secret.strip())
    found = (_recalled(kept) if from_memory else None) or _looked_up(kept)
    if found is None:
        return None
    actor = Actor(name=found.name, role="api_key", address=request.remote_addr, api_key_id=found.api_key_id)
    return Key(actor, found.api_key_id, frozenset(found.scopes), found.requests_per_minute)


def unknown_key() -> Response:
    """Answer who has no key that is in force."""
    detail = "This key is unknown, revoked or expired, or there is none. Nothing was changed. Send `Authorization: Bearer <key>`."
    return problem(401, detail, headers={"WWW-Authenticate": "Bearer"})


def refuse_unproven() -> Response | None:
    """Look at the database whether the key of this request is in force, where it may have come from memory."""
    return None if authenticate(request.headers.get("Authorization")) else unknown_key()


def _recalled(kept: bytes) -> KeyInForce | None:
    at, found = _remembered.get(kept, (0.0, None))
    return found if monotonic() - at < REMEMBERED_SECONDS else None


def _looked_up(kept: bytes) -> KeyInForce | None:
    with db.snapshot() as connection:
        rows = api_key_of_secret.all(connection, secret_sha256=kept, per_minute=PER_MINUTE, now=now())
    if not rows:
        _remembered.pop(kept, None)
        return None
    found = rows[0]
    if found.last_used_at is None or now() - found.last_used_at >= TOUCH_EVERY:
        touch_api_key(found.api_key_id, now=now())
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[kept] = (monotonic(), found)
    return found
