"""Ask a second person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from dashboard.actions.announce import announce_request
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import DECIDED_WITHIN, KINDS, Order, payload_of
from dashboard.engine.coupons import COUPON_KINDS, CampaignOrder, CouponOrder
from dashboard.engine.erasing import ERASURE_KIND, ErasureOrder
from dashboard.engine.incidents import BATCH_KIND, IncidentOrder
from dashboard.engine.licences import REVOCATION_KIND, RevocationOrder
from dashboard.engine.plans import PLAN_KINDS, PlanOrder
from dashboard.engine.refunds import REFUND_KIND, RefundOrder
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.audit import record


@dataclass(frozen=True, slots=True)
class AwaitsApproval:
    """Nothing was moved: a second person must approve the request by then; `why` says what was in the way."""

    request_id: UUID
    expires_at: datetime
    why: str


def request_approval(
    session: Session,
    actor: Actor,
    order: Order
    | PlanOrder
    | IncidentOrder
    | RefundOrder
    | ErasureOrder
    | RevocationOrder
    | CouponOrder
    | CampaignOrder,
    *,
    why: str,
    now: datetime,
    within: timedelta = DECIDED_WITHIN,
) -> AwaitsApproval:
    """File an order, exactly as it would be carried out, in the transaction of the act that needs it."""
    kinds = {
        **KINDS,
        **PLAN_KINDS,
        **COUPON_KINDS,
        BATCH_KIND: IncidentOrder,
        REFUND_KIND: RefundOrder,
        ERASURE_KIND: ErasureOrder,
        REVOCATION_KIND: RevocationOrder,
    }
    kind = next(kind for kind, made in kinds.items() if isinstance(order, made))
    request = ApprovalRequest(
        id=uuid4(),
        kind=kind,
        payload=payload_of(order),
        requested_by=actor.operator_id,
        requested_person_id=actor.person_id,
        requested_at=now,
        expires_at=now + within,
    )
    session.add(request)
    announce_request(session, request.id, "requested", now=now)
    after = {"kind": kind, **payload_of(order)}
    record(session, actor, "request_approval", "approval_request", request.id, after=after, reason=why, now=now)
    return AwaitsApproval(request.id, request.expires_at, why)
