"""Post the corrections of a run, batch by batch."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.correct_usage import CorrectionWanted, post_batch
from dashboard.engine.actors import Actor
from dashboard.engine.jobs import reason_of
from dashboard.store.catalogue import Provider
from dashboard.store.charging import CorrectionTotals
from dashboard.store.corrections import CorrectionRun
from dashboard.store.jobs import only_one

OPEN = ("waiting", "running")
COUNTED = ("vendor_cost_usd", "credits_due", "credits_deducted", "credits_uncovered")


class BusyError(Exception):
    """Another process posts this run just now; if it is killed, somebody has to go on."""


def run_corrections(
    run_id: UUID, *, now: datetime, tell: Callable[[int], None] = lambda _: None, most: int | None = None
) -> str:
    """Post what is due; say what came of it. `tell` hears how many each batch was; `most` is the size of one.

    A batch and its count are one transaction: a run that was killed goes on after its last batch.
    """
    with only_one(f"corrections {run_id}") as alone:
        if not alone:
            raise BusyError
        begun = _begin(run_id, now)
        if begun is None:
            return "nothing to correct"
        actor, wanted = begun
        try:
            while (posted := _next(run_id, actor, wanted, now, most)).requests:
                tell(posted.requests)
        except Exception as error:
            _end(run_id, "failed", reason_of(error))
            raise
        _end(run_id, "finished", None)
        return "corrected"


def _begin(run_id: UUID, now: datetime) -> tuple[Actor, CorrectionWanted] | None:
    with db.transaction() as session:
        run = session.scalars(
            select(CorrectionRun).where(CorrectionRun.id == run_id, CorrectionRun.status.in_(OPEN)).with_for_update()
        ).one_or_none()
        if run is None:
            return None
        run.status, run.started_at = "running", run.started_at or now
        provider = session.scalars(select(Provider.name).where(Provider.id == run.provider_id)).one()
        actor = Actor(name=run.requested_name, role="worker", operator_id=run.requested_by)
        return actor, CorrectionWanted(provider, run.model_id, run.reason, run.charge)


def _next(run_id: UUID, actor: Actor, wanted: CorrectionWanted, now: datetime, most: int | None) -> CorrectionTotals:
    with db.transaction() as session:
        posted = post_batch(session, actor, wanted, now, most=most)
        if posted.requests:
            _count(session, run_id, posted)
    return posted


def _count(session: Session, run_id: UUID, posted: CorrectionTotals) -> None:
    sums = {name: getattr(CorrectionRun, name) + getattr(posted, name) for name in COUNTED}
    session.execute(
        update(CorrectionRun)
        .where(CorrectionRun.id == run_id)
        .values(requests_done=CorrectionRun.requests_done + posted.requests, **sums)
    )


def _end(run_id: UUID, status: str, failure: str | None) -> None:
    with db.transaction() as session:
        session.execute(
            update(CorrectionRun)
            .where(CorrectionRun.id == run_id, CorrectionRun.status.in_(OPEN))
            .values(status=status, finished_at=datetime.now(UTC), failure=failure)
        )
