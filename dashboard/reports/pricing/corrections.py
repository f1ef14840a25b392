"""Corrections of usage that were asked for, as pages show them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run: what was asked for, and what has been posted of it so far; signed, USD and credits."""

    id: UUID
    provider: str
    model: str
    charge: bool
    reason: str
    status: str
    requests: int
    requests_done: int
    vendor_cost_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    requested_name: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.status in {"waiting", "running"}


correction_runs = Query("pricing/correction_runs", RunRow)


def run_of(connection: Connection, run_id: UUID) -> RunRow | None:
    """Return one run."""
    found = correction_runs.all(connection, run_id=run_id, provider=None, model=None)
    return found[0] if found else None


def runs_of(connection: Connection, provider: str, model: str) -> list[RunRow]:
    """Return the latest runs of a model, the newest first."""
    return correction_runs.all(connection, run_id=None, provider=provider, model=model)
