"""Finding a licence and its devices inside the transaction that changes them; the customer's lock is taken first."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.actions.moving_by_hand import lock_customer
from dashboard.actions.paying import Payment, is_new_payment, locked_invoice, take_payment
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.invoices import Invoice
from dashboard.store.licences import LicenseActivation, PerpetualLicense, note_status

ENDED = frozenset({"revoked", "expired"})


def locked_license(session: Session, user_id: UUID, license_id: UUID, *, is_active: bool = False) -> PerpetualLicense:
    """Return a licence that has not ended, and is active if it must be, under the customer's lock."""
    lock_customer(session, user_id)
    row = session.get(PerpetualLicense, (user_id, license_id), populate_existing=True)
    if row is None:
        raise RuleBrokenError("There is no such licence. Nothing was changed.")
    if row.status in ENDED:
        raise RuleBrokenError("This licence has ended. Nothing was changed.")
    if is_active and row.status != "active":
        raise RuleBrokenError(f"This licence is {row.status}, not active. Nothing was changed.")
    return row


def devices_of(session: Session, license_row: PerpetualLicense) -> list[LicenseActivation]:
    """Return the devices in its seats now, by seat."""
    wanted = select(LicenseActivation).where(
        LicenseActivation.user_id == license_row.user_id,
        LicenseActivation.license_id == license_row.id,
        LicenseActivation.status == "active",
    )
    return list(session.scalars(wanted.order_by(LicenseActivation.seat)))


def move(
    session: Session,
    license_row: PerpetualLicense,
    status: str,
    now: datetime,
    *,
    cause: str | None = None,
    approval_id: UUID | None = None,
) -> None:
    """Note the state a licence is in from now on."""
    session.flush()
    note_status.one(
        session.connection(),
        user_id=license_row.user_id,
        license_id=license_row.id,
        status=status,
        at=now,
        cause=cause,
        approval_id=approval_id,
    )
    session.expire(license_row)


def pay_outside(session: Session, actor: Actor, invoice: Invoice, reference: str, now: datetime) -> None:
    """Record that what is due of an invoice was paid outside, under a reference no other payment has."""
    if invoice.status == "paid":
        return
    if not reference.strip():
        raise InvalidInputError({"reference": "Give the number of the transfer or receipt it was paid by."})
    row = locked_invoice(session, invoice.user_id, invoice.id)
    payment = Payment(invoice.id, "manual", reference.strip(), row.total_usd, actor.operator_id)
    if not is_new_payment(session, invoice.user_id, payment):
        raise RuleBrokenError(f"A payment {reference.strip()} was recorded already. Nothing was changed.")
    take_payment(session, row, payment, now=now)
