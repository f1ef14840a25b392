"""Make a key of the API."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from dashboard import db
from dashboard.actions.credentials import new_api_key
from dashboard.engine.actors import Actor
from dashboard.engine.api_keys import KeyWanted, faults_of
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.tokens import fingerprint
from dashboard.store.api_keys import ApiKey
from dashboard.store.audit import record


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is seen once."""

    api_key_id: UUID
    key: str


def create_api_key(actor: Actor, wanted: KeyWanted, *, now: datetime) -> NewKey:
    """Return the key, which is shown now and never again; InvalidInputError by field."""
    faults = faults_of(wanted, now)
    if faults:
        raise InvalidInputError(faults)
    key, prefix = new_api_key()
    made = ApiKey(
        id=uuid4(),
        name=wanted.name.strip(),
        prefix=prefix,
        secret_sha256=fingerprint(key),
        scopes=sorted(set(wanted.scopes)),
        limit_per_call_credits=wanted.limit_per_call_credits,
        limit_per_day_credits=wanted.limit_per_day_credits,
        requests_per_minute=wanted.requests_per_minute,
        created_by=actor.operator_id,
        created_at=now,
        expires_at=wanted.expires_at,
    )
    with db.transaction() as session:
        session.add(made)
        record(session, actor, "create_api_key", "api_key", made.id, after=_shown(made), now=now)
    return NewKey(made.id, key)


def _shown(key: ApiKey) -> dict[str, object]:
    return {
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "limit_per_call_credits": _written(key.limit_per_call_credits),
        "limit_per_day_credits": _written(key.limit_per_day_credits),
        "requests_per_minute": key.requests_per_minute,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }


def _written(value: Decimal) -> str:
    return f"{value:f}"
