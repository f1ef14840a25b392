"""What every act on a plan reads and writes: its terms, periods, tier history and allowances."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.actions.invoicing import raise_invoice
from dashboard.actions.moving_by_hand import lock_customer
from dashboard.engine.customers import MONTHS_OF_CYCLE, billing_period
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.grants import Period, Plan, allowance_periods, allowances
from dashboard.engine.invoices import Line
from dashboard.engine.proration import Terms
from dashboard.engine.subscriptions import ENDED, IN_WORDS, Event, Standing, Status, next_due
from dashboard.store.billing import BillingInvoice
from dashboard.store.catalogue import Tier, TierVersion
from dashboard.store.charging import post_grants
from dashboard.store.customers import Subscription, TierChange
from dashboard.store.subscriptions import SubscriptionPeriod

INSTANT = timedelta(microseconds=1)
NO_SUCH_PLAN = "There is no such subscription. Nothing was changed."


def locked_plan(session: Session, user_id: UUID, subscription_id: UUID) -> Subscription:
    """Take the customer's lock and return the plan as it is now, ended or not."""
    lock_customer(session, user_id)
    found = session.get(Subscription, (user_id, subscription_id), populate_existing=True)
    if found is None:
        raise RuleBrokenError(NO_SUCH_PLAN)
    return found


def running_plan_of(session: Session, user_id: UUID) -> UUID:
    """Find the one plan of a customer that runs."""
    wanted = select(Subscription.id).where(Subscription.user_id == user_id, Subscription.ended_at.is_(None))
    found = session.scalars(wanted.order_by(Subscription.started_at.desc()).limit(1)).one_or_none()
    if found is None:
        raise RuleBrokenError(NO_SUCH_PLAN)
    return found


def refuse_ended(plan: Subscription) -> None:
    """Refuse an act on a plan that is over."""
    if plan.ended_at is not None or plan.status in ENDED:
        raise RuleBrokenError(
            f"This subscription is {IN_WORDS[Status(plan.status)]}; begin a new one instead. Nothing was changed."
        )


def take_over(session: Session, plan: Subscription, now: datetime) -> None:
    """Look after a plan that came in by a file, from the billing period that holds this moment on."""
    if plan.is_billed_here:
        return
    if plan.billing_cycle not in MONTHS_OF_CYCLE:
        raise RuleBrokenError("A lifetime plan has no billing periods to look after. Nothing was changed.")
    plan.is_billed_here = True
    plan.current_period_start, plan.current_period_end = billing_period(plan.started_at, plan.billing_cycle, now)
    plan.allowance_due_at = max(plan.started_at, allowance_at(plan, now).start)
    set_due(plan)
    session.flush()
    write_period(session, plan, "paid", now, follows=None)


def terms_of(plan: Subscription) -> Terms:
    """What the plan costs and grants now."""
    return Terms(plan.tier, plan.billing_cycle, plan.base_price_usd, plan.monthly_credit_allocation)


def version_at(session: Session, tier: str, at: datetime, *, must_be_sold: bool = True) -> TierVersion:
    """What a tier costs and grants at a moment; RuleBrokenError for one that is not sold."""
    named = session.get(Tier, tier)
    if named is None or (must_be_sold and not (named.is_sold and named.is_active)):
        raise RuleBrokenError(f"The tier {tier} is not sold. Nothing was changed.")
    wanted = select(TierVersion).where(TierVersion.tier == tier, TierVersion.effective_from <= at)
    found = session.scalars(wanted.order_by(TierVersion.effective_from.desc()).limit(1)).one_or_none()
    if found is None:
        raise RuleBrokenError(f"The tier {tier} has no price at that time. Nothing was changed.")
    return found


def terms_at(session: Session, tier: str, billing_cycle: str, at: datetime, *, must_be_sold: bool = True) -> Terms:
    """The terms of a tier at a moment, for this billing cycle."""
    if billing_cycle not in MONTHS_OF_CYCLE:
        raise RuleBrokenError("A plan is billed monthly or annually. Nothing was changed.")
    held = version_at(session, tier, at, must_be_sold=must_be_sold)
    price = held.annual_price_usd if billing_cycle == "annual" else held.monthly_price_usd
    return Terms(tier, billing_cycle, price, held.monthly_credit_allocation)


def set_terms(plan: Subscription, terms: Terms) -> None:
    """Let the plan cost and grant this from now on; nothing is pending any more."""
    plan.tier, plan.billing_cycle = terms.tier, terms.billing_cycle
    plan.base_price_usd, plan.monthly_credit_allocation = terms.price_usd, terms.monthly_credits
    plan.pending_tier = plan.pending_billing_cycle = None


def billed_from(plan: Subscription) -> datetime:
    """When money and credits begin: after the trial, if there is one."""
    return plan.trial_ends_at or plan.started_at


def in_words(tier: str) -> str:
    """The name of a tier as an invoice says it."""
    return tier.replace("_", " ").capitalize()


def write_tier(session: Session, plan: Subscription, tier: str, reason: str, at: datetime) -> datetime:
    """Add to the tier history and return from when on it holds: an instant has one tier, the later change a later one."""
    latest = latest_tier_change(session, plan.user_id)
    moment = at if latest is None else max(at, latest + INSTANT)
    session.add(
        TierChange(user_id=plan.user_id, effective_at=moment, tier=tier, subscription_id=plan.id, reason=reason)
    )
    session.flush()
    return moment


def latest_tier_change(session: Session, user_id: UUID) -> datetime | None:
    """When a customer's tier last changed."""
    wanted = select(TierChange.effective_at).where(TierChange.user_id == user_id)
    return session.scalars(wanted.order_by(TierChange.effective_at.desc()).limit(1)).one_or_none()


def write_period(session: Session, plan: Subscription, kind: str, now: datetime, *, follows: datetime | None) -> None:
    """Add the plan's current billing period to its periods."""
    session.add(
        SubscriptionPeriod(
            user_id=plan.user_id,
            subscription_id=plan.id,
            period_start=plan.current_period_start,
            period_end=plan.current_period_end,
            follows=follows,
            kind=kind,
            tier=plan.tier,
            billing_cycle=plan.billing_cycle,
            price_usd=plan.base_price_usd,
            opened_at=now,
        )
    )
    session.flush()


def invoice_period(session: Session, plan: Subscription, reason: str, at: datetime) -> None:
    """Raise the invoice of the plan's current period, unless it costs nothing."""
    if plan.base_price_usd > 0:
        raise_invoice(
            session,
            user_id=plan.user_id,
            reason=reason,
            period_start=plan.current_period_start,
            period_end=plan.current_period_end,
            lines=[Line(f"{in_words(plan.tier)}, {plan.billing_cycle}", "subscription", plan.base_price_usd)],
            now=at,
            subscription_id=plan.id,
        )
        find_unpaid(session, plan)


def find_unpaid(session: Session, plan: Subscription) -> bool:
    """Remember the oldest invoice of the plan nobody has paid, and say if there is one; it keeps its attempts."""
    wanted = select(BillingInvoice).where(
        BillingInvoice.user_id == plan.user_id,
        BillingInvoice.subscription_id == plan.id,
        BillingInvoice.status == "open",
    )
    oldest = session.scalars(wanted.order_by(BillingInvoice.raised_at, BillingInvoice.id).limit(1)).one_or_none()
    if oldest is None:
        plan.unpaid_invoice_id, plan.unpaid_since, plan.dunning_attempts = None, None, 0
    elif oldest.id != plan.unpaid_invoice_id:
        plan.unpaid_invoice_id, plan.unpaid_since, plan.dunning_attempts = oldest.id, oldest.raised_at, 0
    return oldest is not None


def allowance_at(plan: Subscription, at: datetime) -> Period:
    """The allowance period of the plan that holds a moment."""
    return next(allowance_periods(billed_from(plan), plan.reset_day_of_month, at, at + INSTANT))


def as_granted(session: Session, plan: Subscription, terms: Terms | None = None) -> Plan:
    """The plan as granting sees it, with its own terms or others."""
    terms = terms or terms_of(plan)
    tier_title = session.scalars(select(Tier.display_name).where(Tier.name == terms.tier)).one()
    return Plan(
        user_id=plan.user_id,
        subscription_id=plan.id,
        tier=terms.tier,
        tier_title=tier_title,
        billing_cycle=terms.billing_cycle,
        price_usd=terms.price_usd,
        monthly_credits=terms.monthly_credits,
        reset_day=plan.reset_day_of_month,
        started_at=billed_from(plan),
    )


def grant_allowance(session: Session, plan: Subscription, at: datetime, posted_at: datetime | None) -> None:
    """Grant the allowance of the period that holds a moment, once, and note when the next one is due."""
    session.flush()
    grants = [asdict(grant) for grant in allowances(as_granted(session, plan), at, at + INSTANT)]
    if grants:
        post_grants.one(session.connection(), grants=json.dumps(grants, default=str), posted_at=posted_at)
    plan.allowance_due_at = allowance_at(plan, at).end


def set_due(plan: Subscription) -> None:
    """Note when the clock has to act next."""
    due = due_of(plan)
    plan.next_due_at = due and due[0]


def due_of(plan: Subscription) -> tuple[datetime, Event] | None:
    """When the clock has to act next, and for what."""
    standing = Standing(
        Status(plan.status),
        plan.current_period_end,
        plan.allowance_due_at,
        plan.unpaid_since,
        plan.dunning_attempts or 0,
    )
    return next_due(standing)
