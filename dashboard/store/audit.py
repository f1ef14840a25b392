"""Who did what, when, to what and why: written in the transaction of the change it describes."""

import logging
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from dashboard import db
from dashboard.db import Base
from dashboard.engine.actors import Actor
from dashboard.store.columns import Count, Digest, Instant, Json, Text

log = logging.getLogger(__name__)


class AuditLog(Base):
    """One act; never changed, and chained by a seal soon after."""

    __tablename__ = "audit_log"

    id: Mapped[Count] = mapped_column(primary_key=True)
    recorded_at: Mapped[Instant]
    operator_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    actor_name: Mapped[Text]
    actor_role: Mapped[Text]
    session_id: Mapped[UUID | None]
    api_key_id: Mapped[UUID | None]
    address: Mapped[Text | None]
    verb: Mapped[Text]
    object_kind: Mapped[Text]
    object_id: Mapped[Text | None]
    before: Mapped[Json | None]
    after: Mapped[Json | None]
    reason: Mapped[Text | None]


class AuditSeal(Base):
    """The link of one row to the chain; `seq` has no gap."""

    __tablename__ = "audit_seal"

    seq: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    audit_id: Mapped[Count] = mapped_column(ForeignKey("audit_log.id"))
    prev_sha256: Mapped[Digest]
    sha256: Mapped[Digest]
    sealed_at: Mapped[Instant]


def record(  # noqa: PLR0913 - an audit line is who, what, to what, from, to, why and when
    session: Session,
    actor: Actor,
    verb: str,
    object_kind: str,
    object_id: object = None,
    *,
    before: object = None,
    after: object = None,
    reason: str | None = None,
    now: datetime,
) -> None:
    """Add the audit line of a change to its transaction; it is sealed right after the commit, a key's by the job.

    `before` and `after` are JSON values without personal data of customers: they are never erased.
    """
    session.add(
        AuditLog(
            recorded_at=now,
            operator_id=actor.operator_id,
            person_id=actor.person_id,
            actor_name=actor.name,
            actor_role=actor.role,
            session_id=actor.session_id,
            api_key_id=actor.api_key_id,
            address=actor.address,
            verb=verb,
            object_kind=object_kind,
            object_id=None if object_id is None else str(object_id),
            before=before,
            after=after,
            reason=reason,
        )
    )
    # Keys act often, and each seal waits for the one before it: the job chains theirs, every few seconds.
    if actor.api_key_id is None and not session.info.get("is_sealed_afterwards"):
        session.info["is_sealed_afterwards"] = True
        db.afterwards(session, lambda: _seal_soon(now))


def _seal_soon(now: datetime) -> None:
    """Seal in a transaction of its own; the change stands whether this works or not."""
    from dashboard.store.seals import seal_recent  # noqa: PLC0415 - seals are made of these tables

    try:
        with db.transaction() as session:
            seal_recent(session, now)
    except SQLAlchemyError:
        log.warning("The audit log could not be sealed now; the next act or `flask audit seal` does it.", exc_info=True)
