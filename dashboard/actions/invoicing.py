"""Raising invoices, and the money customers have with us; inside the transaction of the act that needs them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.invoices import NOTHING, Invoice, Line, Settled, cents, invoice_id, settle
from dashboard.store.billing import AccountCredit, BillingInvoice, InvoiceLine
from dashboard.store.by_hand import lock_balance


def raise_invoice(  # noqa: PLR0913 - keyword-only facts of one invoice
    session: Session,
    *,
    user_id: UUID,
    reason: str,
    period_start: datetime,
    period_end: datetime,
    lines: Iterable[Line],
    now: datetime,
    subscription_id: UUID | None = None,
    id: UUID | None = None,  # noqa: A002 - what is bought once, like a pack, brings its own
) -> Invoice:
    """Raise the one invoice of this subscription, period and reason; a second call answers the first.

    A negative sum is kept as account credit, a positive one is paid from it as far as it goes; an invoice over
    nothing is paid at once.
    """
    session.flush()
    lock_balance.one(session.connection(), user_id=user_id)
    wanted = id or invoice_id(user_id, subscription_id, reason, period_start)
    known = session.get(BillingInvoice, (user_id, wanted))
    if known is not None:
        return _shown(session, known)
    settled = settle(lines, account_credit_of(session, user_id))
    is_paid = settled.total_usd == 0
    row = BillingInvoice(
        user_id=user_id,
        id=wanted,
        subscription_id=subscription_id,
        reason=reason,
        period_start=period_start,
        period_end=period_end,
        status="paid" if is_paid else "open",
        total_usd=settled.total_usd,
        raised_at=now,
        paid_at=now if is_paid else None,
    )
    session.add(row)
    session.flush()
    _write_lines(session, row, settled)
    if settled.account_credit_usd:
        origin = "unused_time" if settled.account_credit_usd > 0 else "invoice"
        apply_account_credit(session, user_id, settled.account_credit_usd, origin, now, invoice_id=wanted)
    return Invoice(user_id, wanted, row.status, settled.total_usd, settled.lines)


def apply_account_credit(
    session: Session, user_id: UUID, amount_usd: Decimal, origin: str, now: datetime, *, invoice_id: UUID | None = None
) -> Decimal:
    """Add to what a customer has with us, or take from it (negative); return the balance after, never below zero."""
    session.flush()
    lock_balance.one(session.connection(), user_id=user_id)
    amount = cents(amount_usd)
    last = _last(session, user_id)
    before = last.balance_after if last else NOTHING
    if amount == 0:
        return before
    if before + amount < 0:
        raise RuleBrokenError(
            f"The customer has ${before:,.2f} with us, so ${-amount:,.2f} cannot be taken. Nothing was changed."
        )
    session.add(
        AccountCredit(
            user_id=user_id,
            seq=last.seq + 1 if last else 1,
            amount_usd=amount,
            balance_before=before,
            balance_after=before + amount,
            origin=origin,
            invoice_id=invoice_id,
            created_at=now,
        )
    )
    session.flush()
    return before + amount


def account_credit_of(session: Session, user_id: UUID) -> Decimal:
    """What a customer has with us, USD."""
    last = _last(session, user_id)
    return last.balance_after if last else NOTHING


def _last(session: Session, user_id: UUID) -> AccountCredit | None:
    wanted = select(AccountCredit).where(AccountCredit.user_id == user_id).order_by(AccountCredit.seq.desc()).limit(1)
    return session.scalars(wanted).one_or_none()


def _write_lines(session: Session, row: BillingInvoice, settled: Settled) -> None:
    session.add_all(
        InvoiceLine(
            user_id=row.user_id,
            invoice_id=row.id,
            position=position,
            kind=line.kind,
            description=line.description,
            amount_usd=line.amount_usd,
        )
        for position, line in enumerate(settled.lines, start=1)
    )
    session.flush()


def _shown(session: Session, row: BillingInvoice) -> Invoice:
    written = select(InvoiceLine).where(InvoiceLine.user_id == row.user_id, InvoiceLine.invoice_id == row.id)
    lines = session.scalars(written.order_by(InvoiceLine.position)).all()
    return Invoice(
        row.user_id,
        row.id,
        row.status,
        row.total_usd,
        tuple(Line(line.description, line.kind, line.amount_usd) for line in lines),
    )
