"""Void an invoice nobody will pay."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from dashboard import db
from dashboard.actions.invoicing import apply_account_credit
from dashboard.actions.paying import locked_invoice
from dashboard.engine.actors import Actor
from dashboard.engine.invoices import refuse_move
from dashboard.store.audit import record
from dashboard.store.billing import AccountCredit


def void_invoice(actor: Actor, user_id: UUID, invoice_id: UUID, *, now: datetime) -> None:
    """Void an invoice that was not paid; what it took from the account credit goes back there."""
    with db.transaction() as session:
        invoice = locked_invoice(session, user_id, invoice_id)
        refuse_move(invoice.status, "void")
        before = invoice.status
        invoice.status, invoice.closed_at = "void", now
        moved = select(func.coalesce(func.sum(AccountCredit.amount_usd), 0)).where(
            AccountCredit.user_id == user_id, AccountCredit.invoice_id == invoice_id
        )
        taken = session.scalars(moved).one()
        if taken < 0:
            apply_account_credit(session, user_id, -taken, "void", now, invoice_id=invoice_id)
        shown = {"invoice": f"INV-{invoice.number}", "customer": str(user_id), "status": "void"}
        record(
            session,
            actor,
            "void_invoice",
            "billing_invoice",
            invoice_id,
            before={"status": before},
            after=shown,
            now=now,
        )
