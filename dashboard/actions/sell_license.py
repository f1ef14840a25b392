"""Sell a perpetual licence: its invoice, the payment that was made outside, and its key, shown once."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from dashboard import db
from dashboard.actions.invoicing import raise_invoice
from dashboard.actions.license_rows import pay_outside
from dashboard.actions.moving_by_hand import lock_customer
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.invoices import Line
from dashboard.engine.licences import MOST_USD, SEATS, Version, hash_of, new_key
from dashboard.engine.money import decimals, is_amount
from dashboard.store.audit import record
from dashboard.store.customers import Customer, UniqueKey
from dashboard.store.licences import LicenseStatusChange, PerpetualLicense

CENTS = 2
SOLD = "This licence was sold already; a key is shown once only. Nothing was changed."


@dataclass(frozen=True, slots=True)
class LicenseWanted:
    """What is sold: `license_id` makes a second click the same licence; `reference` names the payment."""

    license_id: UUID
    user_id: UUID
    version: Version
    price_usd: Decimal
    byok_enabled: bool = True
    reference: str = ""
    coupon_code: str | None = None


@dataclass(frozen=True, slots=True)
class LicenseSold:
    """The licence and its key, which is kept nowhere."""

    user_id: UUID
    license_id: UUID
    key: str


def sell_license(actor: Actor, wanted: LicenseWanted, *, now: datetime) -> LicenseSold:
    """Sell a licence that holds from now on, for the version and all others of its major."""
    if not is_amount(wanted.price_usd) or decimals(wanted.price_usd) > CENTS or wanted.price_usd > MOST_USD:
        raise InvalidInputError({"price": "Give an amount of US dollars and cents, zero or more."})
    key = new_key()
    with db.transaction() as session:
        lock_customer(session, wanted.user_id)
        if session.get(PerpetualLicense, (wanted.user_id, wanted.license_id)):
            raise RuleBrokenError(SOLD)
        line = Line(f"Perpetual licence, version {wanted.version}", "licence", wanted.price_usd)
        invoice = raise_invoice(
            session, user_id=wanted.user_id, reason="licence", period_start=now, period_end=now, lines=[line], now=now,
            id=wanted.license_id,
        )  # fmt: skip
        pay_outside(session, actor, invoice, wanted.reference, now)
        session.execute(insert(UniqueKey).values(kind="license_key", value=hash_of(key), user_id=wanted.user_id))
        session.add(_license(wanted, key, invoice.id, now))
        session.flush()
        first = {"user_id": wanted.user_id, "license_id": wanted.license_id, "n": 1}
        session.add(LicenseStatusChange(**first, status="active", effective_at=now))
        session.get_one(Customer, wanted.user_id).has_license = True
        after = {
            "user_id": str(wanted.user_id),
            "version": str(wanted.version),
            "price_usd": f"{wanted.price_usd:f}",
            "byok_enabled": wanted.byok_enabled,
        }
        record(session, actor, "sell_license", "license", wanted.license_id, after=after, now=now)
    return LicenseSold(wanted.user_id, wanted.license_id, key)


def _license(wanted: LicenseWanted, key: str, invoice_id: UUID, now: datetime) -> PerpetualLicense:
    return PerpetualLicense(
        user_id=wanted.user_id,
        id=wanted.license_id,
        key_tail=key[-4:],
        purchase_price_usd=wanted.price_usd,
        purchased_version=str(wanted.version),
        eligible_until_version=str(wanted.version.last_of_major),
        max_activations=SEATS,
        byok_enabled=wanted.byok_enabled,
        acquisition_coupon_code=wanted.coupon_code,
        status="active",
        invoice_id=invoice_id,
        purchased_at=now,
    )
