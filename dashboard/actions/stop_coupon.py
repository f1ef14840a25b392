"""Stop a coupon or a campaign at once; starting it again is a change of its terms, which takes a second person."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.permissions import Permission, may
from dashboard.store import coupons
from dashboard.store.audit import record


def stop_coupon(
    actor: Actor,
    *,
    coupon_id: UUID | None = None,
    campaign_id: UUID | None = None,
    deletes: bool = False,
    why: str,
    now: datetime,
) -> None:
    """Pause it, or with `deletes` take it out of the lists for ever; what was redeemed stays as it is."""
    if actor.role != "shell" and not may(actor.role, Permission.COUPONS_CHANGE):
        raise NotAllowedError("Only an admin or an owner stops a coupon. Nothing was changed.")
    if not why.strip():
        raise InvalidInputError({"why": "Say why, for whoever asks later."})
    with db.transaction() as session:
        named = {"coupon_id": coupon_id, "campaign_id": None if coupon_id else campaign_id}
        if not coupons.stop_coupon.one(session.connection(), **named, deletes=deletes, at=now).stopped:
            raise RuleBrokenError("It was stopped already, or is not there. Nothing was changed.")
        verb, kind = ("delete" if deletes else "pause"), ("coupon" if coupon_id else "campaign")
        record(session, actor, f"{verb}_{kind}", kind, coupon_id or campaign_id, reason=why.strip(), now=now)
