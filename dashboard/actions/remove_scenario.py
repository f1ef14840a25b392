"""Take a kept scenario off the list."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.audit import record
from dashboard.store.plans import Scenario


def remove_scenario(actor: Actor, scenario_id: UUID, *, now: datetime) -> None:
    """Mark it as removed; its own address works on."""
    with db.transaction() as session:
        wanted = select(Scenario).where(Scenario.id == scenario_id, Scenario.removed_at.is_(None)).with_for_update()
        kept = session.scalars(wanted).one_or_none()
        if kept is None:
            raise RuleBrokenError("There is no such scenario any more. Nothing was changed.")
        kept.removed_at = now
        record(session, actor, "remove_scenario", "scenario", scenario_id, before={"name": kept.name}, now=now)
