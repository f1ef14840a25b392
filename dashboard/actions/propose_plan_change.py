"""Propose another version of a tier, its state, or the credit policy."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.request_approval import AwaitsApproval, request_approval
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.credits import Policy
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.permissions import Permission, may
from dashboard.engine.plans import (
    REFUSALS,
    PlanOrder,
    PolicyOrder,
    Terms,
    TierStateOrder,
    TierVersionOrder,
    faults_of_policy,
    faults_of_state,
    faults_of_version,
)
from dashboard.store.catalogue import CreditPolicy, Tier, TierVersion
from dashboard.store.ledgers import CreditSource
from dashboard.store.settings import value_of


def propose_plan_change(actor: Actor, order: PlanOrder, *, now: datetime) -> AwaitsApproval:
    """File it for another admin or an owner; nothing changes before they approve what they see."""
    if actor.person_id is None or not may(actor.role, Permission.PRICING_CHANGE):
        raise NotAllowedError("Only an admin or an owner proposes this. Nothing was changed.")
    with db.transaction() as session:
        faults = _faults(session, order, now)
        if faults:
            raise InvalidInputError(faults)
        return request_approval(session, actor, order, why=order.why, now=now, within=_within(session, order))


def _within(session: Session, order: PlanOrder) -> timedelta:
    """How long it waits for a second person: as a price does."""
    if order.urgent:
        return timedelta(hours=value_of(session, "urgent_price_decided_within_hours"))
    return timedelta(days=value_of(session, "price_decided_within_days"))


def _faults(session: Session, order: PlanOrder, now: datetime) -> dict[str, str]:
    if isinstance(order, TierStateOrder):
        tier = session.get(Tier, order.tier)
        if tier is None:
            raise RuleBrokenError("There is no such tier. Nothing was changed.")
        _refuse_stale((tier.is_sold, tier.is_active) != (order.was_sold, order.was_active))
        return faults_of_state(order)
    start = order.effective_from or now
    if isinstance(order, PolicyOrder):
        return _faults_of_policy(session, order, start, now)
    return _faults_of_version(session, order, start, now)


def _faults_of_version(session: Session, order: TierVersionOrder, start: datetime, now: datetime) -> dict[str, str]:
    wanted = select(TierVersion).where(TierVersion.tier == order.tier, TierVersion.effective_from <= start)
    held = session.scalars(wanted.order_by(TierVersion.effective_from.desc()).limit(1)).one_or_none()
    if held is None:
        raise RuleBrokenError("There is no such tier. Nothing was changed.")
    _refuse_stale(held.effective_from != order.based_on)
    terms = Terms(
        held.monthly_price_usd,
        held.annual_price_usd,
        held.monthly_credit_allocation,
        held.max_credit_rollover,
        held.floor_multiplier,
        held.trial_days,
    )
    return faults_of_version(order, terms, now)


def _faults_of_policy(session: Session, order: PolicyOrder, start: datetime, now: datetime) -> dict[str, str]:
    wanted = select(CreditPolicy).where(CreditPolicy.effective_from <= start)
    held = session.scalars(wanted.order_by(CreditPolicy.effective_from.desc()).limit(1)).one()
    _refuse_stale(held.effective_from != order.based_on)
    has_grants = bool(session.scalar(select(exists().where(CreditSource.id.is_not(None)))))
    return faults_of_policy(order, Policy(held.unit_usd, held.increment), has_grants=has_grants, now=now)


def _refuse_stale(stale: bool) -> None:  # noqa: FBT001 - the question is its name
    if stale:
        raise RuleBrokenError(f"{REFUSALS['changed']} Nothing was changed.")
