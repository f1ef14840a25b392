"""Pay an invoice by hand: money that came in by transfer, cheque or cash."""

import re
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from dashboard import db
from dashboard.actions.paying import Paid, Payment, is_new_payment, locked_invoice, take_payment
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.invoices import PAYABLE, refuse_move
from dashboard.store.audit import record

REFERENCE = re.compile(r"[A-Za-z0-9._/#:-]{1,64}")
UNREADABLE = "Give the number of the transfer or receipt: letters, digits and . _ / # : - without spaces, 64 at most."


def pay_invoice(
    actor: Actor,
    user_id: UUID,
    invoice_id: UUID,
    *,
    reference: str,
    amount_usd: Decimal,
    now: datetime,
    posted_at: datetime | None = None,
) -> Paid:
    """Record that an open invoice was paid in full, under a reference no other payment has."""
    if not REFERENCE.fullmatch(reference):
        raise InvalidInputError({"reference": UNREADABLE})
    with db.transaction() as session:
        invoice = locked_invoice(session, user_id, invoice_id)
        if invoice.status not in PAYABLE:
            refuse_move(invoice.status, "paid")
        if amount_usd != invoice.total_usd:
            raise RuleBrokenError(
                f"${invoice.total_usd:,.2f} is due and is paid in one sum; ${amount_usd:,.2f} was given. "
                "Nothing was changed."
            )
        payment = Payment(uuid5(invoice_id, f"manual {reference}"), "manual", reference, amount_usd, actor.operator_id)
        if not is_new_payment(session, user_id, payment):
            raise RuleBrokenError(f"A payment {reference} was recorded already. Nothing was changed.")
        paid = take_payment(session, invoice, payment, now=now, posted_at=posted_at)
        after = {
            "invoice": f"INV-{invoice.number}",
            "customer": str(user_id),
            "amount_usd": f"{paid.applied_usd:f}",
            "payment": reference,
            "credits": f"{paid.credits:f}",
        }
        record(session, actor, "pay_invoice", "billing_invoice", invoice_id, after=after, now=now)
    return paid
