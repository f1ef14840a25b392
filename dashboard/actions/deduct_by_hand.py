"""Take credits by hand: always asks a second person."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.moving_by_hand import begin, with_note
from dashboard.actions.request_approval import AwaitsApproval, request_approval
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import DeductionOrder, NotAllowedError
from dashboard.engine.credits import in_words
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.by_hand import deduct_by_hand as deducting
from dashboard.store.by_hand import is_waiting

ASKED = "You asked for exactly this already, and it waits for a second person. Nothing was changed."
WHY = "every deduction by hand needs the agreement of a second person"


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken by hand, and the entry that did."""

    user_id: UUID
    seq: int
    credits: Decimal
    balance: Decimal
    created_at: datetime


def deduct_by_hand(actor: Actor, order: DeductionOrder, *, note: str | None = None, now: datetime) -> AwaitsApproval:
    """Ask for credits to be taken; nothing moves before another person approves."""
    if actor.api_key_id is not None:
        raise NotAllowedError("A key cannot deduct by hand; its deductions are charges. Nothing was changed.")
    with db.transaction() as session:
        begin(session, actor, order, note, now)
        same = {"user_id": order.user_id, "credits": f"{order.credits:f}", "cause": order.cause}
        if is_waiting(session, "deduct_by_hand", same, now, actor.person_id):
            raise RuleBrokenError(ASKED)
        order = with_note(session, actor, order, note, now)
        return request_approval(session, actor, order, why=WHY, now=now)


def post(
    session: Session,
    order: DeductionOrder,
    *,
    operator_id: UUID | None,
    approval_id: UUID,
    posted_at: datetime | None = None,
) -> Taken:
    """Carry a deduction out; RuleBrokenError when the customer cannot spend that much, and nothing was written."""
    taken = deducting.one(
        session.connection(),
        user_id=order.user_id,
        credits=order.credits,
        cause=order.cause,
        operator_id=operator_id,
        note_id=order.note_id,
        approval_id=approval_id,
        posted_at=posted_at,
    )
    if taken.outcome != "deducted":
        raise RuleBrokenError(
            f"The customer can spend {in_words(taken.spendable)} credits, so {in_words(order.credits)} cannot be taken. "
            "Nothing was changed."
        )
    return Taken(order.user_id, taken.seq, taken.credits, taken.balance_after, taken.created_at)
