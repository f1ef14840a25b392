"""Stop a replay that waits or runs; what it had read so far is forgotten."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from dashboard import db
from dashboard.actions.run_impact import OPEN
from dashboard.engine.actors import Actor
from dashboard.store.audit import record
from dashboard.store.impacts import ImpactRun


def cancel_impact(actor: Actor, run_id: UUID, now: datetime) -> bool:
    """Cancel it; False if it has ended already."""
    ended = (
        update(ImpactRun)
        .where(ImpactRun.id == run_id, ImpactRun.status.in_(OPEN))
        .values(status="cancelled", finished_at=now)
        .returning(ImpactRun.id)
    )
    with db.transaction() as session:
        cancelled = session.scalars(ended).one_or_none() is not None
        if cancelled:
            record(session, actor, "cancel_impact", "impact_run", run_id, now=now)
    return cancelled
