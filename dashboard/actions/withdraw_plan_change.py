"""Take back an approved version of a tier or of the credit policy before it begins."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import FieldError, text
from dashboard.engine.plans import LONGEST_WHY
from dashboard.store.audit import record
from dashboard.store.plans import withdraw_plan

REFUSALS = {
    "unknown": "There is no scheduled version of this change; it may have been withdrawn already. Nothing was changed.",
    "not_an_operator": "Only an admin or an owner takes a scheduled version back. Nothing was changed.",
    "no_reason": "Say why. Nothing was changed.",
    "has_begun": "It holds already, or will within five minutes: propose the old terms again. Nothing was changed.",
    "followed": "A later version was made from this one; withdraw that one first. Nothing was changed.",
}


def withdraw_plan_change(actor: Actor, request_id: UUID, reason: str, *, now: datetime) -> None:
    """Withdraw it; what it would have followed goes on. One admin or owner is enough: nothing new comes to hold."""
    try:
        why = text(reason, LONGEST_WHY)
    except FieldError as error:
        raise InvalidInputError({"reason": str(error)}) from None
    with db.transaction() as session:
        done = withdraw_plan.one(session.connection(), operator_id=actor.operator_id, request_id=request_id, reason=why)
        if done.outcome != "withdrawn":
            raise RuleBrokenError(REFUSALS[done.outcome])
        record(session, actor, "withdraw_plan_change", "approval_request", request_id, reason=why, now=now)
