"""Give money back: always asks a second person, of finance or an owner."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.giving_money_back import MoneyBack, Refunded, give_money_back
from dashboard.actions.paying import locked_invoice
from dashboard.actions.request_approval import AwaitsApproval, request_approval
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.invoices import refuse_refund
from dashboard.engine.permissions import Permission, may
from dashboard.engine.refunds import CAUSES, REFUND_KIND, RefundOrder, refund_order_of
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.billing import BillingInvoice
from dashboard.store.by_hand import is_waiting
from dashboard.store.customers import PersonalNote
from dashboard.store.payments import PaymentTransaction

WHY = "money that goes back needs the agreement of a second person, of finance or an owner"
LONGEST_NOTE = 2000


def refund_payment(
    actor: Actor,
    user_id: UUID,
    invoice_id: UUID,
    *,
    amount_usd: Decimal,
    cause: str,
    note: str | None = None,
    now: datetime,
) -> AwaitsApproval:
    """Ask for money of an invoice to be given back; nothing moves before another person agrees."""
    if not may(actor.role, Permission.REFUNDS_CHANGE):
        raise NotAllowedError(f"The role {actor.role} may not ask for a refund. Nothing was changed.")
    _refuse_faults(cause, note)
    with db.transaction() as session:
        invoice = locked_invoice(session, user_id, invoice_id)
        refuse_refund(amount_usd, invoice.paid_usd, invoice.refunded_usd)
        _payment_of(session, invoice)
        if is_waiting(session, REFUND_KIND, {"user_id": user_id, "invoice_id": invoice_id}, now):
            raise RuleBrokenError("A refund of this invoice waits for a second person already. Nothing was changed.")
        note_id = _kept(session, actor, user_id, note, now)
        order = RefundOrder(user_id, invoice_id, amount_usd, cause, invoice.refunded_usd, note_id)
        return request_approval(session, actor, order, why=WHY, now=now)


def carry_out(
    session: Session, request: ApprovalRequest, *, now: datetime, posted_at: datetime | None = None
) -> Refunded:
    """Give back what was agreed; RuleBrokenError when it is no longer what was asked, and nothing was written."""
    order = refund_order_of(request.payload)
    invoice = locked_invoice(session, order.user_id, order.invoice_id)
    if invoice.refunded_usd != order.refunded_usd:
        raise RuleBrokenError("Money of this invoice went back since it was asked; ask anew. Nothing was changed.")
    payment = _payment_of(session, invoice)
    back = MoneyBack(
        id=uuid5(request.id, "refund"),
        refund_type="manual",
        amount_usd=order.amount_usd,
        cause=order.cause,
        payment_id=payment.id,
        note_id=order.note_id,
        requested_by=request.requested_by,
        approval_id=request.id,
    )
    return give_money_back(session, invoice, back, now=now, posted_at=posted_at)


def _refuse_faults(cause: str, note: str | None) -> None:
    faults = {}
    if cause not in CAUSES:
        faults["cause"] = f"Choose one of {', '.join(CAUSES)}."
    if note is not None and not (note.strip() and len(note) <= LONGEST_NOTE):
        faults["note"] = f"Give a note of 1 to {LONGEST_NOTE} characters, or none."
    if cause == "other" and note is None:
        faults["note"] = "Say in a note what the reason is."
    if faults:
        raise InvalidInputError(faults)


def _payment_of(session: Session, invoice: BillingInvoice) -> PaymentTransaction:
    """The payment the invoice took; one made through Stripe is given back there, where the card is."""
    wanted = select(PaymentTransaction).where(
        PaymentTransaction.user_id == invoice.user_id,
        PaymentTransaction.invoice_id == invoice.id,
        PaymentTransaction.applied_usd > 0,
    )
    payment = session.scalars(wanted).one()
    if payment.method == "stripe":
        raise RuleBrokenError(
            "This was paid through Stripe, so it is given back there; it is posted here, and its credits are taken back, "
            "as soon as Stripe reports it. Nothing was changed."
        )
    return payment


def _kept(session: Session, actor: Actor, user_id: UUID, note: str | None, now: datetime) -> UUID | None:
    if note is None:
        return None
    note_id = uuid4()
    session.add(
        PersonalNote(
            user_id=user_id,
            id=note_id,
            kind="refund",
            body=note.strip(),
            created_by=actor.operator_id,
            created_at=now,
        )
    )
    return note_id
