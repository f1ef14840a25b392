"""Note how an import ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from dashboard.db import transaction
from dashboard.engine.actors import SHELL
from dashboard.store.audit import record
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
    """Note a run as finished or failed, with its counts; what it added was an act of whoever has the server's shell."""
    values = {
        "state": state,
        "finished_at": now,
        "rows_read": counts.rows_read,
        "accepted": counts.accepted,
        "replayed": counts.replayed,
        "rejected": counts.rejected,
        "detail": dict(counts.detail),
    }
    after = {name: value for name, value in values.items() if name not in {"finished_at", "detail"}}
    with transaction() as session:
        session.execute(update(ImportRun).where(ImportRun.id == run_id).values(values))
        # An import again that finds everything known changes nothing.
        if counts.accepted:
            record(session, SHELL, "end_import", "import_run", run_id, after=after, now=now)
