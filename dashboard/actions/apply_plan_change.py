"""Carry out an approved change of a plan or of the credit policy."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.plans import REFUSALS
from dashboard.store import plans
from dashboard.store.approvals import ApprovalRequest


@dataclass(frozen=True, slots=True)
class PlanApplied:
    """What changed, and from when; no tier where it is the credit policy."""

    tier: str | None
    effective_from: datetime


def apply_plan_change(session: Session, request: ApprovalRequest) -> PlanApplied:
    """Let the database carry it out in the transaction of its approval; RuleBrokenError where it no longer can be."""
    session.flush()
    done = plans.apply_plan_change.one(session.connection(), request_id=request.id)
    if done.outcome != "applied":
        raise RuleBrokenError(f"{REFUSALS[done.outcome]} Nothing was changed.")
    return PlanApplied(done.tier, done.effective_from)
