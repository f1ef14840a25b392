"""Approve what somebody else asked for; it is carried out in the same transaction."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions import (
    deduct_by_hand,
    erase_customer,
    grant_credits,
    refund_payment,
    reverse_entry,
    revoke_license,
)
from dashboard.actions.announce import announce_request
from dashboard.actions.apply_coupon_terms import TermsApplied, apply_coupon_terms
from dashboard.actions.apply_plan_change import PlanApplied, apply_plan_change
from dashboard.actions.deciding import decide, pending, said_for_good
from dashboard.actions.giving_money_back import Refunded
from dashboard.actions.moving_by_hand import lock_customer
from dashboard.actions.queue_incident_batch import BatchQueued, queue_incident_batch
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import GrantOrder, ReversalOrder, order_of
from dashboard.engine.coupons import COUPON_KINDS
from dashboard.engine.erasing import ERASURE_KIND
from dashboard.engine.incidents import BATCH_KIND
from dashboard.engine.licences import REVOCATION_KIND
from dashboard.engine.plans import PLAN_KINDS
from dashboard.engine.refunds import REFUND_KIND
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.audit import record

Moved = reverse_entry.Reversed | grant_credits.Granted | deduct_by_hand.Taken
Done = Moved | Refunded | PlanApplied | TermsApplied | BatchQueued | erase_customer.Erased | revoke_license.Revoked
# What needs neither a customer's lock nor a clock.
AT_ONCE: dict[str, Callable[[Session, ApprovalRequest], Done]] = {
    **dict.fromkeys(PLAN_KINDS, apply_plan_change),
    **dict.fromkeys(COUPON_KINDS, apply_coupon_terms),
    BATCH_KIND: queue_incident_batch,
    ERASURE_KIND: erase_customer.carry_out,
    REVOCATION_KIND: revoke_license.carry_out,
}


def approve(
    actor: Actor,
    request_id: UUID,
    *,
    seen_sha256: str,
    reason: str | None = None,
    now: datetime,
    posted_at: datetime | None = None,
) -> Done:
    """Approve exactly what was seen and carry it out, once; when it no longer can be, the request stays as it was."""
    with db.transaction() as session:
        request = pending(session, actor, request_id, seen_sha256=seen_sha256, now=now)
        decide(request, actor, "approved", reason, now)
        done = _carry_out(session, request, now, posted_at)
        after = {"kind": request.kind, **_shown(done)}
        announce_request(session, request.id, "approved", now=now)
        kept = said_for_good(request, reason)
        record(session, actor, "approve", "approval_request", request.id, after=after, reason=kept, now=now)
    return done


def _carry_out(session: Session, request: ApprovalRequest, now: datetime, posted_at: datetime | None) -> Done:
    """Post what was asked for, in the name of who asked; the entry names the approval."""
    if request.kind in AT_ONCE:
        return AT_ONCE[request.kind](session, request)
    if request.kind == REFUND_KIND:
        return refund_payment.carry_out(session, request, now=now, posted_at=posted_at)
    order = order_of(request.kind, request.payload)
    lock_customer(session, order.user_id)
    session.flush()
    if isinstance(order, ReversalOrder):
        return reverse_entry.post(
            session, order, operator_id=request.requested_by, approval_id=request.id, posted_at=posted_at
        )
    if isinstance(order, GrantOrder):
        return grant_credits.post(
            session, order, operator_id=request.requested_by, approval_id=request.id, now=now, posted_at=posted_at
        )
    return deduct_by_hand.post(
        session, order, operator_id=request.requested_by, approval_id=request.id, posted_at=posted_at
    )


def _shown(done: Done) -> dict[str, object]:
    if isinstance(done, PlanApplied):
        return {"tier": done.tier, "effective_from": done.effective_from.isoformat()}
    if isinstance(done, Refunded):
        return {
            "invoice": str(done.invoice_id),
            "amount_usd": f"{done.amount_usd:f}",
            "credits_clawed_back": f"{done.credits_clawed_back:f}",
            "credits_lost": f"{done.credits_lost:f}",
            "loss_usd": f"{done.loss_usd:f}",
        }
    if isinstance(done, TermsApplied):
        return {"coupons": done.coupons, "object_id": str(done.object_id)}
    if isinstance(done, BatchQueued):
        return {"batch": str(done.batch_id)}
    if isinstance(done, erase_customer.Erased | revoke_license.Revoked):
        return done.facts
    return {"entry": f"{done.user_id}-{done.seq}", "credits": f"{done.credits:f}"}
