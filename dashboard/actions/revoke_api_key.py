"""Take an API key out of force, at once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.api_keys import ApiKey
from dashboard.store.audit import record


class NoSuchKeyError(RuleBrokenError):
    """There is no key of this id or start."""

    def __init__(self) -> None:
        super().__init__("There is no such API key. Nothing was changed.")


def revoke_api_key(actor: Actor, api_key_id: UUID, *, reason: str | None = None, now: datetime) -> bool:
    """Refuse the key from its next call on, for ever; False if it was revoked already."""
    with db.transaction() as session:
        key = session.scalars(select(ApiKey).where(ApiKey.id == api_key_id).with_for_update()).one_or_none()
        if key is None:
            raise NoSuchKeyError
        if key.revoked_at is not None:
            return False
        key.revoked_at, key.revoked_by = now, actor.operator_id
        before, after = {"state": "active"}, {"state": "revoked"}
        record(session, actor, "revoke_api_key", "api_key", key.id, before=before, after=after, reason=reason, now=now)
    return True
