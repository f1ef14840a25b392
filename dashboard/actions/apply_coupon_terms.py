"""Carry out approved terms of coupons or of a campaign."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard.engine.coupons import REFUSALS
from dashboard.engine.errors import RuleBrokenError
from dashboard.store import coupons
from dashboard.store.approvals import ApprovalRequest


@dataclass(frozen=True, slots=True)
class TermsApplied:
    """How many coupons were made or changed, and the first of them; or, with none, the campaign."""

    coupons: int
    object_id: UUID


def apply_coupon_terms(session: Session, request: ApprovalRequest) -> TermsApplied:
    """Let the database carry it out in the transaction of its approval; RuleBrokenError where it no longer can be."""
    session.flush()
    done = coupons.apply_coupon_terms.one(session.connection(), request_id=request.id)
    if done.outcome != "applied" or done.object_id is None:
        raise RuleBrokenError(f"{REFUSALS[done.outcome]} Nothing was changed.")
    return TermsApplied(done.coupons, done.object_id)
