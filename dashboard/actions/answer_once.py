"""Carry out a money request once, and give whoever repeats it the same answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.idempotency import IdempotencyKey

KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given the first time."""

    status: int
    body: str
    replayed: bool = False


class InFlightError(RuleBrokenError):
    """The same request is being carried out at this moment."""

    def __init__(self) -> None:
        super().__init__("This request is being carried out right now. Send it again in a moment.")


class OtherBodyError(RuleBrokenError):
    """The Idempotency-Key was used for another body."""

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request. Nothing was changed; use a new one.")


def answer_once(
    actor: Actor, route: str, key: str, body_sha256: bytes, act: Callable[[], Kept], *, now: datetime
) -> Kept:
    """Do `act` and keep its answer in one transaction; a refusal raised by it leaves nothing behind.

    InFlightError while another request with this key is at it, OtherBodyError when it was used for another body.
    """
    with db.transaction() as session:
        kept = _kept(session, actor, route, key, now)
        if kept is not None:
            if kept.body_sha256 != body_sha256:
                raise OtherBodyError
            return Kept(kept.status, kept.body, replayed=True)
        with db.joined_by_all(session):
            answer = act()
        session.add(
            IdempotencyKey(
                api_key_id=actor.api_key_id,
                route=route,
                key=key,
                body_sha256=body_sha256,
                status=answer.status,
                body=answer.body,
                created_at=now,
            )
        )
    return answer


def _kept(session: Session, actor: Actor, route: str, key: str, now: datetime) -> IdempotencyKey | None:
    """Take the key for this transaction, then read: who comes second sees what the first has committed."""
    name = func.hashtextextended(f"{actor.api_key_id} {route} {key}", 0)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(name))):
        raise InFlightError
    found = session.get(IdempotencyKey, (actor.api_key_id, route, key))
    if found is not None and found.created_at < now - KEPT_FOR:
        session.delete(found)
        session.flush()
        return None
    return found
