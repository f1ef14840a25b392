"""Licences: the list, what they come to, and one with its devices and upgrades."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.licences import trade_in_usd
from dashboard.sql import Query

MOST_LISTED = 200
EVERY = 1_000_000


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """One licence; amounts in USD, `reaches` the last version it is good for."""

    license_id: UUID
    customer_id: UUID
    customer: str
    email: str
    key_tail: str
    status: str
    price_usd: Decimal
    purchased_version: str
    reaches: str
    byok_enabled: bool
    seats: int
    purchased_at: datetime
    ended_at: datetime | None
    ended_cause: str | None
    devices: int
    upgrades_usd: Decimal

    def worth_usd(self, now: datetime) -> Decimal:
        """What a trade-in gives at this moment."""
        return trade_in_usd(self.price_usd, self.purchased_at, now)


@dataclass(frozen=True, slots=True)
class LicenseTotals:
    """What all licences come to; `full_up` have no seat left."""

    active: int
    sold_usd: Decimal
    upgrades_usd: Decimal
    devices: int
    full_up: int


@dataclass(frozen=True, slots=True)
class Device:
    """A device that has or had a seat; its fingerprint is cut short, and gone once the person is erased."""

    device_id: UUID
    seat: int
    device_name: str | None
    fingerprint: str | None
    status: str
    activated_at: datetime
    deactivated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was paid to reach further, USD."""

    from_version: str
    to_version: str
    list_price_usd: Decimal
    price_usd: Decimal
    discount: str | None
    purchased_at: datetime


@dataclass(frozen=True, slots=True)
class WholeLicense:
    """One licence with all around it."""

    row: LicenseRow
    devices: list[Device]
    upgrades: list[Upgrade]


licences = Query("billing/licences", LicenseRow)
licence_totals = Query("billing/licence_totals", LicenseTotals)
licence_devices = Query("billing/licence_devices", Device)
licence_upgrades = Query("billing/licence_upgrades", Upgrade)


def listed(connection: Connection, *, status: str | None, typed: str | None, most: int) -> list[LicenseRow]:
    """The newest licences of a state, or of whom a text names by the start of a name or e-mail or the end of a key."""
    return licences.all(connection, license_id=None, status=status, typed=typed, most=most)


def whole_license(connection: Connection, customer_id: UUID, license_id: UUID) -> WholeLicense | None:
    """One licence; None if there is no such licence of this customer."""
    found = licences.all(connection, license_id=license_id, status=None, typed=None, most=1)
    if not found or found[0].customer_id != customer_id:
        return None
    named = {"customer_id": customer_id, "license_id": license_id}
    return WholeLicense(found[0], licence_devices.all(connection, **named), licence_upgrades.all(connection, **named))
