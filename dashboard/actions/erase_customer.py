"""Erase a person: asked for here, and done when a second person agrees."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.request_approval import AwaitsApproval, request_approval
from dashboard.engine.actors import Actor
from dashboard.engine.erasing import ERASURE_KIND, WHY, ErasureOrder, refuse_eraser, refuse_unconfirmed
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.by_hand import is_waiting
from dashboard.store.customers import Customer
from dashboard.store.erasures import erase_customer as erasing

NOBODY = "There is no such customer. Nothing was changed."
ERASED = "This customer has been erased already. Nothing was changed."
ASKED = "It was asked already that this person be erased, and it waits for a second person. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Erased:
    """The customer who was erased, and how many rows of each kind went or forgot something."""

    user_id: UUID
    gone: dict[str, int]

    @property
    def facts(self) -> dict[str, object]:
        """What the audit log keeps of it."""
        return {"customer": str(self.user_id), **self.gone}


def erase_customer(actor: Actor, order: ErasureOrder, *, confirmation: str, now: datetime) -> AwaitsApproval:
    """Ask for a person to be erased, having typed their e-mail; nothing goes before another person approves."""
    refuse_eraser(actor.role)
    with db.transaction() as session:
        customer = session.get(Customer, order.user_id, with_for_update={"key_share": True})
        if customer is None:
            raise RuleBrokenError(NOBODY)
        if customer.status == "deleted":
            raise RuleBrokenError(ERASED)
        refuse_unconfirmed(order, customer.email, confirmation)
        if is_waiting(session, ERASURE_KIND, {"user_id": order.user_id}, now):
            raise RuleBrokenError(ASKED)
        return request_approval(session, actor, order, why=WHY, now=now)


def carry_out(session: Session, request: ApprovalRequest) -> Erased:
    """Erase whom an approved request names, in the transaction that approves it."""
    user_id = UUID(request.payload["user_id"])
    session.flush()
    done = erasing.one(session.connection(), user_id=user_id, request_id=request.id)
    if done.outcome != "erased":
        raise RuleBrokenError(ERASED)
    session.expire_all()
    gone = {name: number for name, number in asdict(done).items() if name != "outcome"}
    return Erased(user_id, gone)
