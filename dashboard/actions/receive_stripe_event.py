"""Receive an event of Stripe's: in any order, any number of times, each payment is granted once and taken back once."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.giving_money_back import MoneyBack, give_money_back
from dashboard.actions.paying import PAYMENT_KEY, Payment, is_new_payment, locked_invoice, take_payment
from dashboard.engine.actors import Actor
from dashboard.engine.invoices import NOTHING, refundable_usd
from dashboard.engine.stripe_events import StripeEvent, event_of
from dashboard.store.audit import record
from dashboard.store.billing import BillingInvoice
from dashboard.store.customers import UniqueKey
from dashboard.store.payments import PaymentTransaction, Refund, WebhookEvent

STRIPE = Actor(name="Stripe", role="worker")
NAMES = UUID("6f0a52ce-55c5-5b0e-9d1c-2f5a5f1b7c33")


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an event: handled, ignored, waiting (for its payment), unmatched, or seen before."""

    state: str
    outcome: str


def receive_stripe_event(event: StripeEvent, *, now: datetime) -> Received:
    """Take an event whose signature was right; the same event again changes nothing."""
    with db.transaction() as session:
        _lock(session, event)
        if not _is_new(session, event, now):
            return Received("seen", "this event came before")
        received = _take(session, event, now)
        row = session.get_one(WebhookEvent, event.id)
        row.state, row.outcome = received.state, received.outcome
        row.handled_at = None if received.state == "waiting" else now
        if received.state == "handled" and event.act == "paid":
            _take_waiting(session, event, now)
        if received.state in {"handled", "unmatched"}:
            after = {"event": event.kind, "payment": event.payment_object, "outcome": received.outcome, **event.facts()}
            record(session, STRIPE, "receive_stripe_event", "webhook_event", event.id, after=after, now=now)
    return received


def _lock(session: Session, event: StripeEvent) -> None:
    """Everything about one payment comes one after another; it is taken before any customer's lock."""
    name = f"stripe {event.payment_object or event.id}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def _is_new(session: Session, event: StripeEvent, now: datetime) -> bool:
    claim = insert(WebhookEvent).values(
        id=event.id,
        kind=event.kind,
        payment_object=event.payment_object,
        facts=event.facts(),
        state="ignored",
        outcome="of no concern to Ledgerline",
        occurred_at=event.occurred_at,
        received_at=now,
    )
    return session.scalar(claim.on_conflict_do_nothing().returning(WebhookEvent.id)) is not None


def _take(session: Session, event: StripeEvent, now: datetime) -> Received:
    if event.act == "ignored":
        return Received("ignored", "of no concern to Ledgerline")
    if event.payment_object is None:
        return Received("unmatched", "it names no payment")
    if event.currency != "usd":
        return Received("unmatched", f"its currency is {event.currency}, and Ledgerline keeps US dollars")
    if event.act in {"paid", "failed"}:
        return _payment(session, event, event.payment_object, now)
    return _money_back(session, event, event.payment_object, now)


def _payment(session: Session, event: StripeEvent, payment_object: str, now: datetime) -> Received:
    invoice = _invoice_of(session, event)
    if invoice is None:
        return Received("unmatched", "it names no invoice of ours")
    if event.amount_usd == 0:
        return Received("unmatched", "it says that nothing was paid")
    if event.act == "failed":
        _note_failure(session, invoice, event, payment_object, now)
        return Received("handled", "the payment failed")
    payment = Payment(_payment_id(payment_object), "stripe", payment_object, event.amount_usd)
    if not is_new_payment(session, invoice.user_id, payment):
        return Received("handled", "this payment was counted already")
    paid = take_payment(session, invoice, payment, now=now)
    kept = f", ${paid.kept_usd:,.2f} kept as account credit" if paid.kept_usd else ""
    return Received("handled", f"${paid.applied_usd:,.2f} paid{kept}, {paid.credits:,.0f} credits granted")


def _money_back(session: Session, event: StripeEvent, payment_object: str, now: datetime) -> Received:
    claim = session.get(UniqueKey, (PAYMENT_KEY, f"stripe:{payment_object}"))
    if claim is None:
        return Received("waiting", "its payment was not told of yet")
    payment = session.get_one(PaymentTransaction, (claim.user_id, _payment_id(payment_object)))
    if event.act == "won":
        return Received("unmatched", "the dispute was won: give the credits back by hand")
    invoice = locked_invoice(session, payment.user_id, payment.invoice_id)
    wanted = _still_to_go(session, payment, event)
    # What was applied to the invoice is the most that comes off it; nothing is taken back twice.
    amount = min(wanted, refundable_usd(invoice.paid_usd, invoice.refunded_usd), payment.applied_usd)
    if amount <= 0:
        return Received("handled", "this money was taken back already")
    is_dispute = event.act == "disputed"
    back = MoneyBack(
        id=uuid5(payment.id, event.dispute or event.id),
        refund_type="dispute" if is_dispute else "stripe",
        amount_usd=amount,
        cause="dispute" if is_dispute else "at_stripe",
        payment_id=payment.id,
    )
    done = give_money_back(session, invoice, back, now=now)
    lost = f", {done.credits_lost:,.0f} were used already" if done.credits_lost else ""
    return Received("handled", f"${amount:,.2f} went back, {done.credits_clawed_back:,.0f} credits taken back{lost}")


def _still_to_go(session: Session, payment: PaymentTransaction, event: StripeEvent) -> Decimal:
    """A refund names its total so far; a dispute is one sum, told of more than once."""
    if event.act == "disputed":
        known = session.get(Refund, (payment.user_id, uuid5(payment.id, event.dispute or event.id)))
        return NOTHING if known else event.amount_usd
    given = select(func.coalesce(func.sum(Refund.amount_usd), 0)).where(
        Refund.user_id == payment.user_id, Refund.payment_id == payment.id, Refund.refund_type != "dispute"
    )
    return event.amount_usd - session.scalars(given).one()


def _take_waiting(session: Session, event: StripeEvent, now: datetime) -> None:
    """What was told before its payment, now that the payment is there."""
    waiting = select(WebhookEvent).where(
        WebhookEvent.payment_object == event.payment_object, WebhookEvent.state == "waiting"
    )
    for row in session.scalars(waiting.order_by(WebhookEvent.occurred_at, WebhookEvent.id)).all():
        told = event_of(row.id, row.kind, str(row.payment_object), row.occurred_at, row.facts)
        received = _money_back(session, told, str(row.payment_object), now)
        row.state, row.outcome, row.handled_at = received.state, received.outcome, now


def _note_failure(
    session: Session, invoice: BillingInvoice, event: StripeEvent, payment_object: str, now: datetime
) -> None:
    session.add(
        PaymentTransaction(
            user_id=invoice.user_id,
            id=uuid5(_payment_id(payment_object), event.id),
            invoice_id=invoice.id,
            method="stripe",
            status="failed",
            payment_object=payment_object,
            amount_usd=event.amount_usd,
            applied_usd=NOTHING,
            created_at=now,
        )
    )


def _invoice_of(session: Session, event: StripeEvent) -> BillingInvoice | None:
    if event.user_id is None or event.invoice_id is None:
        return None
    if session.get(BillingInvoice, (event.user_id, event.invoice_id)) is None:
        return None
    return locked_invoice(session, event.user_id, event.invoice_id)


def _payment_id(payment_object: str) -> UUID:
    return uuid5(NAMES, payment_object)
