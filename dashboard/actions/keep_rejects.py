"""Keep raw events that could not be taken, so that they can be repaired and sent again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from dashboard.db import transaction
from dashboard.engine.usage import fingerprint
from dashboard.store.imports import UsageReject
from dashboard.store.settings import value_of


@dataclass(frozen=True, slots=True)
class RawReject:
    """A raw event as it came, where it stood in a file, and why it could not be taken."""

    line: int | None
    code: str
    reason: str
    raw: Mapping[str, object]


def keep_rejects(rejects: Sequence[RawReject], *, import_run_id: UUID | None, now: datetime) -> None:
    """Keep raw events for the days of the setting, each once however often it is sent, and forget those that are older."""
    rows = {
        key: {
            "fingerprint": key,
            "import_run_id": import_run_id,
            "line": reject.line,
            "code": reject.code,
            "reason": reject.reason,
            "raw": dict(reject.raw),
            "received_at": now,
        }
        for reject in rejects
        if (key := fingerprint(reject.raw))
    }
    with transaction() as session:
        session.execute(delete(UsageReject).where(UsageReject.keep_until < now))
        if rows:
            keep_until = now + timedelta(days=value_of(session, "rejects_kept_days"))
            kept = [{**row, "keep_until": keep_until} for row in rows.values()]
            session.execute(insert(UsageReject).on_conflict_do_nothing(), kept)


def open_rejects() -> set[bytes]:
    """Return the fingerprints of the events that still wait to be repaired."""
    with transaction() as session:
        return set(session.scalars(select(UsageReject.fingerprint).where(UsageReject.repaired_at.is_(None))))


def mark_repaired(fingerprints: Sequence[bytes], now: datetime) -> None:
    """Note that events kept as rejects are in the books now."""
    with transaction() as session:
        kept = update(UsageReject).where(UsageReject.fingerprint.in_(fingerprints))
        session.execute(kept.where(UsageReject.repaired_at.is_(None)).values(repaired_at=now))
