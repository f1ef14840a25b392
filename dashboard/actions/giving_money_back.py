"""Money that goes back for an invoice, and the credits taken back with it; the customer's lock is held."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.engine.invoices import NOTHING, Line, claw_back_of, lost_usd, price_of, refuse_refund
from dashboard.store.billing import BillingInvoice, InvoiceLine
from dashboard.store.payments import Refund, bought_grants
from dashboard.store.subscriptions import take_from_grants


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """Money to go back and where it was asked for."""

    id: UUID
    refund_type: str
    amount_usd: Decimal
    cause: str
    payment_id: UUID | None = None
    note_id: UUID | None = None
    requested_by: UUID | None = None
    approval_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Refunded:
    """What went back: money, credits taken back, and credits used already that are our loss."""

    user_id: UUID
    invoice_id: UUID
    refund_id: UUID
    amount_usd: Decimal
    credits_clawed_back: Decimal
    credits_lost: Decimal
    loss_usd: Decimal


def give_money_back(
    session: Session, invoice: BillingInvoice, back: MoneyBack, *, now: datetime, posted_at: datetime | None = None
) -> Refunded:
    """Write a refund within what was paid, and take back its share of the credits, at most what remains of them."""
    refuse_refund(back.amount_usd, invoice.paid_usd, invoice.refunded_usd)
    session.flush()
    grants = bought_grants.all(session.connection(), user_id=invoice.user_id, invoice_id=invoice.id)
    granted = sum((grant.granted for grant in grants), NOTHING)
    price = price_of(_lines(session, invoice))
    wanted = claw_back_of(granted, price, invoice.refunded_usd, back.amount_usd)
    taken = take_from_grants.one(
        session.connection(),
        user_id=invoice.user_id,
        sources=[grant.source_id for grant in grants],
        credits=wanted,
        reason="clawback",
        cause=None,
        operator_id=back.requested_by,
        approval_id=None,
        posted_at=posted_at,
    )
    lost = wanted - taken.credits
    refund = Refund(
        user_id=invoice.user_id,
        id=back.id,
        invoice_id=invoice.id,
        payment_id=back.payment_id,
        subscription_id=invoice.subscription_id,
        refund_type=back.refund_type,
        amount_usd=back.amount_usd,
        cause=back.cause,
        note_id=back.note_id,
        requested_by=back.requested_by,
        approval_id=back.approval_id,
        credits_clawed_back=taken.credits,
        credits_lost=lost,
        loss_usd=lost_usd(granted, price, lost),
        clawback_seq=taken.seq,
        created_at=now,
    )
    session.add(refund)
    invoice.refunded_usd += back.amount_usd
    session.flush()
    return Refunded(
        invoice.user_id, invoice.id, back.id, back.amount_usd, taken.credits, refund.credits_lost, refund.loss_usd
    )


def _lines(session: Session, invoice: BillingInvoice) -> list[Line]:
    written = select(InvoiceLine).where(InvoiceLine.user_id == invoice.user_id, InvoiceLine.invoice_id == invoice.id)
    return [Line(line.description, line.kind, line.amount_usd) for line in session.scalars(written)]
