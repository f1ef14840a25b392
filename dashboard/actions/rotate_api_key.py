"""Replace an API key; the old one works on for a while, so that no call is refused meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.create_api_key import NewKey
from dashboard.actions.credentials import new_api_key
from dashboard.actions.revoke_api_key import NoSuchKeyError
from dashboard.engine.actors import Actor
from dashboard.engine.api_keys import overlap_fault
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.tokens import fingerprint
from dashboard.store.api_keys import ApiKey
from dashboard.store.audit import record


class NotRotatableError(RuleBrokenError):
    """The key is out of force, or was replaced already."""

    def __init__(self) -> None:
        super().__init__("This key is out of force, or was replaced already. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new key, seen once, and how long the old one works."""

    new: NewKey
    old_until: datetime


def rotate_api_key(actor: Actor, api_key_id: UUID, *, overlap: timedelta, now: datetime) -> Rotated:
    """Make a key that may the same; the old one ends after `overlap`, or at its own end if that is sooner."""
    fault = overlap_fault(overlap)
    if fault:
        raise InvalidInputError({"overlap": fault})
    key, prefix = new_api_key()
    with db.transaction() as session:
        old = _in_force(session, api_key_id, now)
        new = _successor(old, actor, key, prefix, now)
        session.add(new)
        session.flush()
        before = old.expires_at
        old.expires_at = min(now + overlap, before) if before else now + overlap
        old.replaced_by = new.id
        record(
            session,
            actor,
            "rotate_api_key",
            "api_key",
            old.id,
            before={"prefix": old.prefix, "expires_at": before.isoformat() if before else None},
            after={"prefix": new.prefix, "replaced_by": str(new.id), "expires_at": old.expires_at.isoformat()},
            now=now,
        )
        return Rotated(NewKey(new.id, key), old.expires_at)


def _in_force(session: Session, api_key_id: UUID, now: datetime) -> ApiKey:
    old = session.scalars(select(ApiKey).where(ApiKey.id == api_key_id).with_for_update()).one_or_none()
    if old is None:
        raise NoSuchKeyError
    ended = old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now)
    if ended or old.replaced_by is not None:
        raise NotRotatableError
    return old


def _successor(old: ApiKey, actor: Actor, key: str, prefix: str, now: datetime) -> ApiKey:
    return ApiKey(
        id=uuid4(),
        name=old.name,
        prefix=prefix,
        secret_sha256=fingerprint(key),
        scopes=old.scopes,
        limit_per_call_credits=old.limit_per_call_credits,
        limit_per_day_credits=old.limit_per_day_credits,
        requests_per_minute=old.requests_per_minute,
        created_by=actor.operator_id,
        created_at=now,
        expires_at=old.expires_at,
    )
