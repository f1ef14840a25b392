"""Buy a pack of credits: its price and its credits are the server's, and the grant follows the payment."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.invoicing import raise_invoice
from dashboard.actions.moving_by_hand import lock_customer
from dashboard.actions.paying import give_bought_credits
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.invoices import Line
from dashboard.store.audit import record
from dashboard.store.billing import BillingInvoice
from dashboard.store.payments import CreditPack, CreditPurchase, pack_terms


@dataclass(frozen=True, slots=True)
class Bought:
    """A pack and the invoice that asks for its price; nothing is due where account credit paid all of it."""

    user_id: UUID
    purchase_id: UUID
    invoice_id: UUID
    pack_title: str
    credits: Decimal
    due_usd: Decimal
    is_below_cost: bool


def buy_pack(
    actor: Actor, user_id: UUID, pack_code: str, *, purchase_id: UUID, now: datetime, posted_at: datetime | None = None
) -> Bought:
    """Raise the invoice of a pack; the same purchase again answers what it was."""
    with db.transaction() as session:
        lock_customer(session, user_id)
        known = session.get(CreditPurchase, (user_id, purchase_id))
        if known is not None:
            if known.pack_code != pack_code:
                raise RuleBrokenError("A purchase of this id is there already, of another pack. Nothing was changed.")
            return _shown(session, known)
        pack = session.get(CreditPack, pack_code)
        if pack is None or not pack.is_active:
            raise RuleBrokenError("There is no such pack on sale. Nothing was changed.")
        purchase = _purchase(session, user_id, purchase_id, pack, now)
        if session.get_one(BillingInvoice, (user_id, purchase.invoice_id)).status == "paid":
            give_bought_credits(
                session, session.get_one(BillingInvoice, (user_id, purchase.invoice_id)), now=now, posted_at=posted_at
            )
        bought = _shown(session, purchase)
        after = {
            "customer": str(user_id),
            "pack": pack_code,
            "credits": f"{pack.credits:f}",
            "price_usd": f"{pack.price_usd:f}",
            "below_cost": bought.is_below_cost,
        }
        record(session, actor, "buy_pack", "credit_purchase", purchase_id, after=after, now=now)
    return bought


def _purchase(session: Session, user_id: UUID, purchase_id: UUID, pack: CreditPack, now: datetime) -> CreditPurchase:
    terms = pack_terms.one(session.connection(), user_id=user_id, now=now)
    line = Line(f"Credit pack {pack.title}, {pack.credits:,.0f} credits", "pack", pack.price_usd)
    invoice = raise_invoice(
        session,
        user_id=user_id,
        reason="pack",
        period_start=now,
        period_end=now,
        lines=[line],
        now=now,
        id=uuid5(purchase_id, "invoice"),
    )
    purchase = CreditPurchase(
        user_id=user_id,
        id=purchase_id,
        pack_code=pack.code,
        credits=pack.credits,
        price_usd=pack.price_usd,
        invoice_id=invoice.id,
        grant_id=uuid5(purchase_id, "grant"),
        tier=terms.tier,
        unit_usd=terms.unit_usd,
        multiplier=terms.multiplier,
        created_at=now,
    )
    session.add(purchase)
    session.flush()
    return purchase


def _shown(session: Session, purchase: CreditPurchase) -> Bought:
    invoice = session.get_one(BillingInvoice, (purchase.user_id, purchase.invoice_id))
    title = session.get_one(CreditPack, purchase.pack_code).title
    due = invoice.total_usd if invoice.status == "open" else Decimal("0.00")
    return Bought(purchase.user_id, purchase.id, invoice.id, title, purchase.credits, due, bool(purchase.is_below_cost))
