"""Begin a subscription: with a trial, or paid and granted from the first moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.advance_plan import advance_plan
from dashboard.actions.moving_by_hand import lock_customer
from dashboard.actions.subscription_rows import (
    invoice_period,
    set_due,
    terms_at,
    version_at,
    write_period,
    write_tier,
)
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.subscriptions import Status, first_period_end
from dashboard.store.audit import record
from dashboard.store.customers import Subscription

RUNNING = "This customer has a subscription that runs; change that one, or end it first. Nothing was changed."
LAST_DAY = 31


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer subscribes to; the reset day is that of the first period unless given."""

    user_id: UUID
    tier: str
    billing_cycle: str = "monthly"
    with_trial: bool = False
    reset_day: int | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The subscription that began."""

    user_id: UUID
    subscription_id: UUID
    status: str
    price_usd: Decimal
    monthly_credits: Decimal


def subscribe(
    actor: Actor, order: Order, *, now: datetime, posted_at: datetime | None = None, subscription_id: UUID | None = None
) -> Subscribed:
    """Begin a subscription on the terms its tier has now; `posted_at` is the clock of a simulation.

    A trial gives no credits and costs nothing until it ends; whoever had a plan here already gets none.
    """
    _refuse_faults(order)
    with db.transaction() as session:
        lock_customer(session, order.user_id)
        _end_free_plan(session, order, now)
        plan = _planned(session, order, subscription_id or uuid4(), now)
        session.add(plan)
        session.flush()
        write_tier(session, plan, plan.tier, "start", now)
        write_period(session, plan, "trial" if order.with_trial else "paid", now, follows=None)
        if not order.with_trial:
            invoice_period(session, plan, "start", now)
        advance_plan(session, plan, now, posted_at)
        after = {
            "user_id": str(plan.user_id),
            "tier": plan.tier,
            "billing_cycle": plan.billing_cycle,
            "price_usd": f"{plan.base_price_usd:f}",
            "trial": order.with_trial,
        }
        record(session, actor, "subscribe", "subscription", plan.id, after=after, now=now)
        return Subscribed(plan.user_id, plan.id, plan.status, plan.base_price_usd, plan.monthly_credit_allocation)


def _refuse_faults(order: Order) -> None:
    if order.reset_day is not None and not 1 <= order.reset_day <= LAST_DAY:
        raise InvalidInputError({"reset_day": "Give a day of the month, 1 to 31."})


def _end_free_plan(session: Session, order: Order, now: datetime) -> None:
    """One plan runs at a time; one that costs nothing gives way."""
    earlier = session.scalars(select(Subscription).where(Subscription.user_id == order.user_id)).all()
    running = [plan for plan in earlier if plan.ended_at is None]
    if any(plan.base_price_usd > 0 or order.tier == plan.tier for plan in running):
        raise RuleBrokenError(RUNNING)
    if order.with_trial and any(plan.base_price_usd > 0 for plan in earlier):
        raise RuleBrokenError("This customer had a plan before, so there is no trial. Nothing was changed.")
    for plan in running:
        plan.status, plan.ended_at, plan.cancelled_at, plan.next_due_at = Status.CANCELLED, now, now, None
        plan.pending_tier = plan.pending_billing_cycle = None
    session.flush()


def _planned(session: Session, order: Order, subscription_id: UUID, now: datetime) -> Subscription:
    terms = terms_at(session, order.tier, order.billing_cycle, now)
    trial_days = version_at(session, order.tier, now).trial_days
    if order.with_trial and trial_days == 0:
        raise RuleBrokenError(f"The tier {order.tier} has no trial. Nothing was changed.")
    paid_from = now + timedelta(days=trial_days) if order.with_trial else now
    plan = Subscription(
        user_id=order.user_id,
        id=subscription_id,
        tier=terms.tier,
        billing_cycle=terms.billing_cycle,
        status=Status.TRIAL if order.with_trial else Status.ACTIVE,
        base_price_usd=terms.price_usd,
        monthly_credit_allocation=terms.monthly_credits,
        reset_day_of_month=order.reset_day or paid_from.day,
        started_at=now,
        current_period_start=now,
        current_period_end=paid_from if order.with_trial else first_period_end(now, order.billing_cycle, now.day),
        trial_ends_at=paid_from if order.with_trial else None,
        cancel_at_period_end=False,
        is_billed_here=True,
        allowance_due_at=None if order.with_trial else now,
        dunning_attempts=0,
    )
    set_due(plan)
    return plan
