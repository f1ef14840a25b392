"""One invoice: whose, for what, what was paid and what went back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.invoices import NOTHING, Line, claw_back_of, lost_usd, price_of
from dashboard.engine.refunds import BoughtGrant
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice and whose it is, USD."""

    user_id: UUID
    id: UUID
    number: int
    customer_name: str
    customer_email: str
    subscription_id: UUID | None
    reason: str
    period_start: datetime
    period_end: datetime
    status: str
    total_usd: Decimal
    paid_usd: Decimal
    refunded_usd: Decimal
    raised_at: datetime
    paid_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of an invoice."""

    kind: str
    description: str
    amount_usd: Decimal


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """Money that came in, or failed to."""

    id: UUID
    method: str
    status: str
    payment_object: str
    amount_usd: Decimal
    applied_usd: Decimal
    recorded_by: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RefundRow:
    """Money that went back (done), or that waits for a second person (waiting: nothing of it has happened)."""

    refund_type: str
    cause: str
    amount_usd: Decimal
    credits_clawed_back: Decimal | None
    credits_lost: Decimal | None
    loss_usd: Decimal | None
    clawback_seq: int | None
    approval_id: UUID | None
    asked_by: str | None
    approved_by: str | None
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WholeInvoice:
    """An invoice with everything that belongs to it."""

    row: InvoiceRow
    lines: list[LineRow]
    payments: list[PaymentRow]
    refunds: list[RefundRow]


@dataclass(frozen=True, slots=True)
class RefundEffect:
    """What giving an amount back would do now: credits taken back, credits used already, and our loss in USD."""

    credits: Decimal
    credits_lost: Decimal
    loss_usd: Decimal
    remaining: Decimal


invoice_row = Query("billing/invoice", InvoiceRow)
invoice_lines = Query("billing/invoice_lines", LineRow)
invoice_payments = Query("billing/invoice_payments", PaymentRow)
invoice_refunds = Query("billing/invoice_refunds", RefundRow)


def whole_invoice(connection: Connection, user_id: UUID, invoice_id: UUID, now: datetime) -> WholeInvoice | None:
    """Return an invoice with everything that belongs to it; None if there is none."""
    named = {"user_id": user_id, "invoice_id": invoice_id}
    found = invoice_row.all(connection, **named)
    if not found:
        return None
    return WholeInvoice(
        found[0],
        invoice_lines.all(connection, **named),
        invoice_payments.all(connection, **named),
        invoice_refunds.all(connection, **named, now=now),
    )


def refund_effect(whole: WholeInvoice, grants: Sequence[BoughtGrant], amount_usd: Decimal) -> RefundEffect:
    """What a refund of this amount would take back of the grants it paid for, as they stand."""
    granted = sum((grant.granted for grant in grants), NOTHING)
    remaining = sum((grant.remaining for grant in grants), NOTHING)
    price = price_of(Line(line.description, line.kind, line.amount_usd) for line in whole.lines)
    wanted = claw_back_of(granted, price, whole.row.refunded_usd, amount_usd)
    taken = min(wanted, remaining)
    return RefundEffect(taken, wanted - taken, lost_usd(granted, price, wanted - taken), remaining)
