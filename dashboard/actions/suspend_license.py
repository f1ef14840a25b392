"""Suspend a licence, or let it hold again."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.license_rows import locked_license, move
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.licences import MOVES
from dashboard.store.audit import record


def suspend_license(actor: Actor, user_id: UUID, license_id: UUID, *, act: str = "suspend", now: datetime) -> None:
    """Suspend an active licence, or reactivate a suspended one; its devices keep their seats."""
    was, becomes = MOVES[act]
    with db.transaction() as session:
        held = locked_license(session, user_id, license_id)
        if held.status != was:
            raise RuleBrokenError(f"This licence is {held.status}, not {was}. Nothing was changed.")
        move(session, held, becomes, now)
        after = {"user_id": str(user_id), "status": becomes}
        record(session, actor, f"{act}_license", "license", license_id, after=after, now=now)
