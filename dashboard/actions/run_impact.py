"""Run a replay that was asked for, and keep what it found as evidence."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from dashboard import db
from dashboard.engine.impact import Ordered
from dashboard.engine.impact_json import scenarios_of
from dashboard.engine.jobs import reason_of
from dashboard.store.impacts import ImpactEvidence, ImpactRun
from dashboard.store.jobs import only_one

OPEN = ("waiting", "running")


class CancelledError(Exception):
    """Somebody cancelled the replay while it ran."""


Replaying = Callable[[Ordered, Callable[[int], None]], dict[str, Any]]


def run_impact(run_id: UUID, replay: Replaying, *, now: datetime) -> str:
    """Replay, unless somebody does already; say what came of it.

    A replay writes nothing but its evidence, so one that was killed is begun again by the next worker.
    """
    with only_one(f"impact {run_id}") as alone:
        ordered = _begin(run_id, now) if alone else None
        if ordered is None:
            return "nothing to replay"
        try:
            evidence = replay(ordered, lambda requests: _progress(run_id, requests))
        except CancelledError:
            return "cancelled"
        except Exception as error:
            _fail(run_id, reason_of(error))
            raise
        return "replayed" if _keep(run_id, evidence, now) else "cancelled"


def _begin(run_id: UUID, now: datetime) -> Ordered | None:
    begun = (
        update(ImpactRun)
        .where(ImpactRun.id == run_id, ImpactRun.status.in_(OPEN))
        .values(status="running", started_at=now, requests_done=0, begun=ImpactRun.begun + 1)
        .returning(ImpactRun)
    )
    with db.transaction() as session:
        run = session.scalars(begun).one_or_none()
        if run is None:
            return None
        return Ordered((run.window_start, run.window_end), scenarios_of(run.scenarios), now, run.config_id)


def _progress(run_id: UUID, requests: int) -> None:
    counted = (
        update(ImpactRun)
        .where(ImpactRun.id == run_id, ImpactRun.status == "running")
        .values(requests_done=ImpactRun.requests_done + requests)
        .returning(ImpactRun.id)
    )
    with db.transaction() as session:
        if session.scalars(counted).one_or_none() is None:
            raise CancelledError


def _keep(run_id: UUID, evidence: dict[str, Any], now: datetime) -> bool:
    with db.transaction() as session:
        ended = (
            update(ImpactRun)
            .where(ImpactRun.id == run_id, ImpactRun.status == "running")
            .values(status="finished", finished_at=datetime.now(UTC))
            .returning(ImpactRun.id)
        )
        if session.scalars(ended).one_or_none() is None:
            return False
        session.add(ImpactEvidence(run_id=run_id, evidence=evidence, created_at=now))
    return True


def _fail(run_id: UUID, failure: str) -> None:
    with db.transaction() as session:
        session.execute(
            update(ImpactRun)
            .where(ImpactRun.id == run_id, ImpactRun.status.in_(OPEN))
            .values(status="failed", finished_at=datetime.now(UTC), failure=failure)
        )
