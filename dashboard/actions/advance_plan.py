"""Let time pass for one plan: trials and periods end, allowances come, unpaid invoices are looked at."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from dashboard.actions.subscription_rows import (
    due_of,
    find_unpaid,
    grant_allowance,
    invoice_period,
    set_due,
    set_terms,
    terms_at,
    terms_of,
    write_period,
    write_tier,
)
from dashboard.engine.subscriptions import (
    DUNNING,
    Event,
    Status,
    after_attempt,
    first_period_end,
    next_period_end,
    refuse_move,
)
from dashboard.store.billing import BillingInvoice
from dashboard.store.customers import Subscription
from dashboard.store.subscriptions import DunningAttempt

DAY = timedelta(days=1)
SUSPENDED_AFTER = [status for _, status in DUNNING].index(Status.SUSPENDED) + 1
UNPAID = frozenset({"open", "uncollectible"})


def advance_plan(session: Session, plan: Subscription, now: datetime, posted_at: datetime | None) -> list[str]:
    """Do everything that is due by now, each at its own time and in order; return what was done, in words.

    However late it runs, it does the same: after an outage as on every day.
    """
    done: list[str] = []
    notice_payment(session, plan)
    while (due := due_of(plan)) is not None and due[0] <= now:
        at, event = due
        if event is Event.PERIOD_END:
            done.append(_end_period(session, plan, at))
        elif event is Event.ALLOWANCE:
            grant_allowance(session, plan, at, posted_at)
            done.append(f"allowance of {at:%Y-%m-%d}")
        else:
            done.append(_look_for_payment(session, plan, at, now))
        set_due(plan)
        session.flush()
    set_due(plan)
    session.flush()
    return done


def notice_payment(session: Session, plan: Subscription) -> None:
    """Let a plan whose invoice was paid, or given up, be active again; the next unpaid one takes its place."""
    if plan.unpaid_invoice_id is None or _is_unpaid(session, plan):
        return
    # A plan a person suspended stays so, paid or not.
    for_money = plan.status in {"past_due", "grace_period"} or plan.dunning_attempts >= SUSPENDED_AFTER
    if not find_unpaid(session, plan) and for_money:
        plan.status = Status.ACTIVE
    set_due(plan)


def end_plan(session: Session, plan: Subscription, status: Status, at: datetime) -> None:
    """End a plan at a moment; from then on the customer is on the free tier. Credits granted stay until they expire."""
    refuse_move(plan.status, status)
    plan.status, plan.ended_at, plan.next_due_at = status, at, None
    plan.cancelled_at = plan.cancelled_at or at
    plan.pending_tier = plan.pending_billing_cycle = None
    plan.unpaid_invoice_id, plan.unpaid_since, plan.dunning_attempts = None, None, 0
    session.flush()
    write_tier(session, plan, "free", "end", at)


def open_period(session: Session, plan: Subscription, start: datetime, end: datetime) -> None:
    """Begin the next paid period where the one before ended."""
    plan.current_period_start, plan.current_period_end = start, end
    session.flush()
    write_period(session, plan, "paid", start, follows=start)


def _end_period(session: Session, plan: Subscription, at: datetime) -> str:
    if plan.cancel_at_period_end:
        end_plan(session, plan, Status.CANCELLED, at)
        return f"cancelled at {at:%Y-%m-%d}"
    if plan.status == Status.SUSPENDED:
        end_plan(session, plan, Status.EXPIRED, at)
        return f"expired, suspended, at {at:%Y-%m-%d}"
    if plan.status == Status.TRIAL:
        return _begin_paying(session, plan, at)
    return _renew(session, plan, at)


def _begin_paying(session: Session, plan: Subscription, at: datetime) -> str:
    plan.status = Status.ACTIVE
    plan.allowance_due_at = at
    open_period(session, plan, at, first_period_end(at, plan.billing_cycle, at.day))
    invoice_period(session, plan, "start", at)
    return f"trial ended at {at:%Y-%m-%d}"


def _renew(session: Session, plan: Subscription, at: datetime) -> str:
    before = terms_of(plan)
    reason = "renewal"
    if plan.pending_tier is not None and plan.pending_billing_cycle is not None:
        # Agreed when it was sold; that the tier is sold no more changes nothing for those who wait for it.
        after = terms_at(session, plan.pending_tier, plan.pending_billing_cycle, at, must_be_sold=False)
        reason = "downgrade" if after.tier != before.tier else "interval"
        set_terms(plan, after)
        if after.tier != before.tier:
            write_tier(session, plan, after.tier, "downgrade", at)
    anchor = (plan.trial_ends_at or plan.started_at).day
    open_period(session, plan, at, next_period_end(at, plan.billing_cycle, anchor))
    invoice_period(session, plan, reason, at)
    return f"{reason} at {at:%Y-%m-%d}"


def _look_for_payment(session: Session, plan: Subscription, at: datetime, now: datetime) -> str:
    invoice_id, number = plan.unpaid_invoice_id, plan.dunning_attempts + 1
    if invoice_id is None:
        message = "the clock looked for a payment where no invoice waits"
        raise LookupError(message)
    status = after_attempt(number)
    days = DUNNING[number][0] - DUNNING[number - 1][0] if number < len(DUNNING) else None
    session.add(
        DunningAttempt(
            user_id=plan.user_id,
            invoice_id=invoice_id,
            attempt_number=number,
            subscription_id=plan.id,
            scheduled_at=at,
            attempted_at=max(at, now),
            result="failed",
            status_after=status,
            next_retry_at=None if days is None else at + (DAY * days),
        )
    )
    if status is Status.CANCELLED:
        end_plan(session, plan, status, at)
    else:
        plan.dunning_attempts = number
        # A plan suspended by a person stays so.
        if plan.status != Status.SUSPENDED:
            plan.status = status
    return f"invoice unpaid for the {number}. time"


def _is_unpaid(session: Session, plan: Subscription) -> bool:
    invoice = session.get(BillingInvoice, (plan.user_id, plan.unpaid_invoice_id), populate_existing=True)
    return invoice is not None and invoice.status in UNPAID
