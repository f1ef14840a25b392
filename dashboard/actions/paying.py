"""Money for an invoice, inside the transaction of the act that brings it; the customer's lock is taken first."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dashboard.actions.invoicing import apply_account_credit
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.grants import PAID_PRIORITY, CreditGrant
from dashboard.engine.invoices import NOTHING, PAYABLE
from dashboard.store.billing import BillingInvoice
from dashboard.store.by_hand import lock_balance
from dashboard.store.charging import post_grants
from dashboard.store.customers import UniqueKey
from dashboard.store.payments import CreditPack, CreditPurchase, PaymentTransaction

PAYMENT_KEY = "payment"


@dataclass(frozen=True, slots=True)
class Payment:
    """Money as it came in; `id` is the same however often it is told of."""

    id: UUID
    method: str
    payment_object: str
    amount_usd: Decimal
    operator_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """What a payment did: how much the invoice took, how much is kept as account credit, credits granted."""

    user_id: UUID
    invoice_id: UUID
    payment_id: UUID
    applied_usd: Decimal
    kept_usd: Decimal
    credits: Decimal


def locked_invoice(session: Session, user_id: UUID, invoice_id: UUID) -> BillingInvoice:
    """Take the customer's lock and read one invoice of theirs as it now stands."""
    session.flush()
    wanted = select(BillingInvoice).where(BillingInvoice.user_id == user_id, BillingInvoice.id == invoice_id)
    if session.scalars(wanted).one_or_none() is None:
        raise RuleBrokenError("There is no such invoice. Nothing was changed.")
    lock_balance.one(session.connection(), user_id=user_id)
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def is_new_payment(session: Session, user_id: UUID, payment: Payment) -> bool:
    """Claim the payment across all customers; False when money of this name came in before."""
    key = f"{payment.method}:{payment.payment_object}"
    claim = insert(UniqueKey).values(kind=PAYMENT_KEY, value=key, user_id=user_id).on_conflict_do_nothing()
    return session.scalar(claim.returning(UniqueKey.value)) is not None


def take_payment(
    session: Session, invoice: BillingInvoice, payment: Payment, *, now: datetime, posted_at: datetime | None = None
) -> Paid:
    """Write a payment that was claimed: the invoice takes what it is due, the rest is kept as account credit."""
    due = invoice.total_usd if invoice.status in PAYABLE else NOTHING
    applied = due if payment.amount_usd >= due else NOTHING
    session.add(
        PaymentTransaction(
            user_id=invoice.user_id,
            id=payment.id,
            invoice_id=invoice.id,
            method=payment.method,
            status="succeeded",
            payment_object=payment.payment_object,
            amount_usd=payment.amount_usd,
            applied_usd=applied,
            operator_id=payment.operator_id,
            created_at=now,
        )
    )
    credits = NOTHING
    if applied:
        invoice.status, invoice.paid_usd, invoice.paid_at = "paid", applied, now
        credits = give_bought_credits(session, invoice, now=now, posted_at=posted_at)
    kept = payment.amount_usd - applied
    apply_account_credit(session, invoice.user_id, kept, "payment", now, invoice_id=invoice.id)
    return Paid(invoice.user_id, invoice.id, payment.id, applied, kept, credits)


def give_bought_credits(
    session: Session, invoice: BillingInvoice, *, now: datetime, posted_at: datetime | None = None
) -> Decimal:
    """Grant the pack a paid invoice was for, once; return its credits, 0 when the invoice was for something else."""
    session.flush()
    bought = select(CreditPurchase).where(
        CreditPurchase.user_id == invoice.user_id, CreditPurchase.invoice_id == invoice.id
    )
    purchase = session.scalars(bought).one_or_none()
    if purchase is None:
        return NOTHING
    grant = CreditGrant(
        user_id=purchase.user_id,
        id=purchase.grant_id,
        source="purchase",
        category="paid",
        granted=purchase.credits,
        paid_usd=purchase.price_usd,
        effective_at=posted_at or now,
        expires_at=None,
        priority=PAID_PRIORITY,
        origin=f"Credit pack {session.get_one(CreditPack, purchase.pack_code).title}",
        reason="purchase",
    )
    post_grants.one(session.connection(), grants=json.dumps([asdict(grant)], default=str), posted_at=posted_at)
    return purchase.credits
