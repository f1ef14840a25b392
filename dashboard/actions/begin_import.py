"""Note that an import has begun."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert

from dashboard.db import transaction
from dashboard.store.imports import ImportRun


def begin_import(kind: str, source_name: str, now: datetime) -> UUID:
    """Note a run of customers, prices, usage or demo as running and return its id."""
    run_id = uuid4()
    row = {"id": run_id, "kind": kind, "source_name": source_name, "state": "running", "started_at": now}
    with transaction() as session:
        session.execute(insert(ImportRun).values(row))
    return run_id
