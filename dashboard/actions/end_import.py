"""Note how an import ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from dashboard.db import transaction
from dashboard.store.imports import ImportRun


@dataclass(frozen=True, slots=True)
class Counts:
    """What an import did with the rows it read."""

    rows_read: int = 0
    accepted: int = 0
    replayed: int = 0
    rejected: int = 0
    detail: Mapping[str, object] = field(default_factory=dict)


def end_import(run_id: UUID, now: datetime, counts: Counts, state: str = "finished") -> None:
    """Note a run as finished or failed, with its counts."""
    values = {
        "state": state,
        "finished_at": now,
        "rows_read": counts.rows_read,
        "accepted": counts.accepted,
        "replayed": counts.replayed,
        "rejected": counts.rejected,
        "detail": dict(counts.detail),
    }
    with transaction() as session:
        session.execute(update(ImportRun).where(ImportRun.id == run_id).values(values))
