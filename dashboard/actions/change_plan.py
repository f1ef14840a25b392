"""Change the plan of a subscription: a larger one at once and prorated, a smaller one at the period's end."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.advance_plan import advance_plan
from dashboard.actions.invoicing import raise_invoice
from dashboard.actions.subscription_rows import (
    INSTANT,
    allowance_at,
    as_granted,
    find_unpaid,
    in_words,
    latest_tier_change,
    locked_plan,
    refuse_ended,
    set_due,
    set_terms,
    take_over,
    terms_at,
    terms_of,
    write_tier,
)
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.grants import ALLOWANCE_PRIORITY, CreditGrant, share_of_price_usd
from dashboard.engine.invoices import Line
from dashboard.engine.proration import Proration, Snapshot, Span, Terms, paid_for_share_usd, prorate
from dashboard.engine.subscriptions import IN_WORDS, Status
from dashboard.store.audit import record
from dashboard.store.charging import post_grants
from dashboard.store.customers import Subscription
from dashboard.store.subscriptions import Held, ProrationEvent, allowance_grants, take_from_grants

CHANGEABLE = frozenset({Status.TRIAL, Status.ACTIVE})


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a change of plan comes to: at once with its proration, or at the end of the period without one."""

    at_once: bool
    old: Terms
    new: Terms
    effective_at: datetime
    asked_at: datetime | None = None
    proration: Proration | None = None
    before: Snapshot | None = None


def change_plan(
    actor: Actor,
    user_id: UUID,
    subscription_id: UUID,
    tier: str,
    *,
    now: datetime,
    posted_at: datetime | None = None,
    net_seen_usd: Decimal | None = None,
) -> Reckoned:
    """Change the tier; `net_seen_usd` is what the person saw: another sum by now is refused.

    A larger plan begins at once: the unused share of the old allowance is withdrawn, that of the new one granted, and
    the difference invoiced. A smaller one begins with the next period; the tier held now takes a waiting change back.
    """
    with db.transaction() as session:
        plan = brought_up_to(session, user_id, subscription_id, now, posted_at)
        before = {"tier": plan.tier, "pending_tier": plan.pending_tier}
        found = reckon(session, plan, tier, now)
        _refuse_unseen(found, net_seen_usd)
        if not found.at_once:
            waits = tier != plan.tier
            plan.pending_tier = tier if waits else None
            plan.pending_billing_cycle = (plan.pending_billing_cycle or plan.billing_cycle) if waits else None
        elif found.proration is None:
            _begin(session, plan, found)
        else:
            _upgrade(session, plan, found, found.proration, posted_at)
        set_due(plan)
        session.flush()
        after = {"tier": plan.tier, "pending_tier": plan.pending_tier, "user_id": str(user_id)}
        if found.proration is not None:
            after["net_usd"] = f"{found.proration.net_usd:f}"
        record(session, actor, "change_plan", "subscription", plan.id, before=before, after=after, now=now)
        return found


def brought_up_to(
    session: Session, user_id: UUID, subscription_id: UUID, now: datetime, posted_at: datetime | None
) -> Subscription:
    """Lock a plan, take it over if a file brought it, and do what was due before anybody changes it."""
    plan = locked_plan(session, user_id, subscription_id)
    refuse_ended(plan)
    take_over(session, plan, now)
    advance_plan(session, plan, now, posted_at)
    refuse_ended(plan)
    return plan


def reckon(session: Session, plan: Subscription, tier: str, now: datetime) -> Reckoned:
    """Work out what a change comes to, without changing anything; RuleBrokenError where it cannot be."""
    if Status(plan.status) not in CHANGEABLE:
        raise RuleBrokenError(
            f"This plan is {IN_WORDS[Status(plan.status)]}; it can be changed once it is paid for. Nothing was changed."
        )
    if plan.cancel_at_period_end:
        raise RuleBrokenError("This subscription ends with its period; let it go on first. Nothing was changed.")
    old = terms_of(plan)
    if tier == plan.tier:
        if plan.pending_tier in {None, tier}:
            raise RuleBrokenError(f"This subscription is on {tier} already. Nothing was changed.")
        return Reckoned(at_once=False, old=old, new=old, effective_at=plan.current_period_end)
    new = terms_at(session, tier, plan.billing_cycle, now)
    if new.price_usd <= old.price_usd:
        return Reckoned(at_once=False, old=old, new=new, effective_at=plan.current_period_end)
    latest = latest_tier_change(session, plan.user_id)
    at = now if latest is None else max(now, latest + INSTANT)
    if plan.status == Status.TRIAL:
        return Reckoned(at_once=True, old=old, new=new, effective_at=at)
    # Shared out by the moment it is asked for: a second change at that moment comes to the same shares.
    period = allowance_at(plan, now)
    billing, allowance = Span(plan.current_period_start, plan.current_period_end), Span(period.start, period.end)
    before = Snapshot(old, billing, allowance)
    left = sum((one.remaining for one in _held(session, plan, period.start)), Decimal(0))
    found = prorate(before, Snapshot(new, billing, allowance), now, credits_left=left)
    return Reckoned(at_once=True, old=old, new=new, effective_at=at, asked_at=now, proration=found, before=before)


def _held(session: Session, plan: Subscription, period_start: datetime) -> list[Held]:
    session.flush()
    return allowance_grants.all(
        session.connection(), user_id=plan.user_id, subscription_id=plan.id, period_start=period_start
    )


def _refuse_unseen(found: Reckoned, net_seen_usd: Decimal | None) -> None:
    if net_seen_usd is None or found.proration is None or found.proration.net_usd == net_seen_usd:
        return
    raise RuleBrokenError(
        f"Meanwhile this change comes to ${found.proration.net_usd:,.2f}, not ${net_seen_usd:,.2f}; look at it again. "
        "Nothing was changed."
    )


def _begin(session: Session, plan: Subscription, found: Reckoned) -> None:
    set_terms(plan, found.new)
    write_tier(session, plan, found.new.tier, "upgrade", found.effective_at)


def _upgrade(
    session: Session, plan: Subscription, found: Reckoned, share: Proration, posted_at: datetime | None
) -> None:
    if found.before is None:
        message = "a prorated change goes by two snapshots"
        raise LookupError(message)
    at, allowance = found.effective_at, found.before.allowance
    event_id = uuid5(plan.id, f"proration {at.isoformat()}")
    seq = _withdraw(session, plan, share.credits_withdrawn, allowance.start, posted_at)
    source_id = _grant_share(session, plan, found, event_id, posted_at)
    invoice_id = _invoice(session, plan, found, share)
    session.add(
        ProrationEvent(
            user_id=plan.user_id,
            id=event_id,
            subscription_id=plan.id,
            change_type="upgrade",
            status="applied",
            from_tier=found.old.tier,
            to_tier=found.new.tier,
            from_price_usd=found.old.price_usd,
            to_price_usd=found.new.price_usd,
            from_monthly_credits=found.old.monthly_credits,
            to_monthly_credits=found.new.monthly_credits,
            billing_start=found.before.billing.start,
            billing_end=found.before.billing.end,
            allowance_start=allowance.start,
            allowance_end=allowance.end,
            effective_date=at,
            unused_credit_value_usd=share.unused_usd,
            new_tier_prorated_cost_usd=share.new_usd,
            discount_usd=share.discount_usd,
            net_charge_usd=share.net_usd,
            credits_granted=share.credits_granted,
            credits_withdrawn=share.credits_withdrawn,
            source_id=source_id,
            withdrawn_seq=seq,
            invoice_id=invoice_id,
            created_at=at,
        )
    )
    _begin(session, plan, found)
    find_unpaid(session, plan)


def _withdraw(
    session: Session, plan: Subscription, credits_back: Decimal, period_start: datetime, posted_at: datetime | None
) -> int | None:
    if credits_back == 0:
        return None
    return take_from_grants.one(
        session.connection(),
        user_id=plan.user_id,
        sources=[one.source_id for one in _held(session, plan, period_start)],
        credits=credits_back,
        reason="proration",
        cause=None,
        operator_id=None,
        approval_id=None,
        posted_at=posted_at,
    ).seq


def _grant_share(
    session: Session, plan: Subscription, found: Reckoned, event_id: UUID, posted_at: datetime | None
) -> UUID | None:
    share = found.proration
    if share is None or found.before is None or found.asked_at is None or share.credits_granted == 0:
        return None
    at, allowance = found.asked_at, found.before.allowance
    whole_usd = share_of_price_usd(as_granted(session, plan, found.new), allowance_at(plan, at))
    grant = CreditGrant(
        user_id=plan.user_id,
        id=uuid5(event_id, "share"),
        source="monthly_allocation",
        category="allowance",
        granted=share.credits_granted,
        paid_usd=paid_for_share_usd(whole_usd, allowance, at),
        effective_at=at,
        expires_at=allowance.end,
        priority=ALLOWANCE_PRIORITY,
        origin=f"Share of the allowance of {in_words(found.new.tier)}",
        reason="proration",
    )
    rows = json.dumps([asdict(grant)], default=str)
    post_grants.one(session.connection(), grants=rows, posted_at=posted_at)
    return grant.id


def _invoice(session: Session, plan: Subscription, found: Reckoned, share: Proration) -> UUID | None:
    lines = [
        Line(f"{in_words(found.new.tier)}, rest of the period", "upgrade", share.new_usd),
        Line(f"{in_words(found.old.tier)}, unused time", "unused", -share.unused_usd),
    ]
    lines = [line for line in lines if line.amount_usd]
    if not lines:
        return None
    return raise_invoice(
        session,
        user_id=plan.user_id,
        reason="upgrade",
        period_start=found.effective_at,
        period_end=plan.current_period_end,
        lines=lines,
        now=found.effective_at,
        subscription_id=plan.id,
    ).id
