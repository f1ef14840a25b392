"""Perpetual licences: keys, versions compared as versions, upgrade prices, trade-in on what was paid (domain §11)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256
from secrets import choice
from uuid import UUID

from dashboard.engine.errors import InvalidInputError
from dashboard.engine.money import EXACT

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GROUPS, GROUP_LENGTH = 4, 4
KEY = re.compile(rf"LEDGERLINE(-[{LETTERS}]{{4}}){{4}}")
VERSION = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})")
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
SEATS = 3
PRICE_USD = Decimal("199.00")
UPGRADE_USD = Decimal("99.00")
MOST_USD = Decimal(1_000_000)
# The better of the two: soon after the version came out, or having upgraded before.
EARLY_FOR, EARLY_SHARE = timedelta(days=90), Decimal("0.20")
LOYAL_SHARE = Decimal("0.30")
TRADE_IN_MONTHS = 36
CENT = Decimal("0.01")
LAST_OF_MAJOR = 99
LONGEST_NAME = 100
REVOCATION_KIND = "revoke_license"
REVOCATION_CAUSES = {
    "refunded": "The money was given back",
    "abuse": "The key was passed on",
    "mistake": "Sold by mistake",
}
WHY_SECOND = "a licence is revoked for good only with the agreement of a second person"
# Which move leads where; `revoked` takes a second person and has a way of its own.
MOVES = {"suspend": ("active", "suspended"), "reactivate": ("suspended", "active")}


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version: 1.10.0 comes after 1.9.0."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def last_of_major(self) -> "Version":
        """The last version a licence bought at this one is good for."""
        return Version(self.major, LAST_OF_MAJOR, LAST_OF_MAJOR)


@dataclass(frozen=True, slots=True)
class RevocationOrder:
    """A licence to be revoked, and why."""

    user_id: UUID
    license_id: UUID
    cause: str


@dataclass(frozen=True, slots=True)
class UpgradePrice:
    """What an upgrade costs, USD, and which discount made it so."""

    list_usd: Decimal
    price_usd: Decimal
    discount: str | None


def read_version(text: str) -> Version:
    """Read MAJOR.MINOR.PATCH; InvalidInputError if it is not one, or beyond the last of its major."""
    found = VERSION.fullmatch(text.strip())
    if not found:
        raise InvalidInputError({"version": "Give a version like 2.1.0."})
    version = Version(*(int(part) for part in found.groups()))
    if max(version.minor, version.patch) > LAST_OF_MAJOR:
        raise InvalidInputError({"version": f"Minor and patch go up to {LAST_OF_MAJOR}."})
    return version


def new_key() -> str:
    """Make a licence key: 80 bits, without letters that look like figures."""
    groups = ("".join(choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(("LEDGERLINE", *groups))


def hash_of(key: str) -> str:
    """What is kept of a key: its SHA-256 in hex, after spaces and small letters are put right."""
    return sha256(key.strip().upper().encode()).hexdigest()


def read_fingerprint(text: str) -> str:
    """Read a device's fingerprint: a SHA-256 in hex, which the program makes and no machine can be told from."""
    given = text.strip().lower()
    if not FINGERPRINT.fullmatch(given):
        raise InvalidInputError({"fingerprint": "Give the 64 hexadecimal digits the program shows."})
    return given


def upgrade_price(
    released_at: datetime, upgraded_before: int, now: datetime, list_usd: Decimal = UPGRADE_USD
) -> UpgradePrice:
    """The price of an upgrade to a version that came out then: the better discount, never both."""
    discounts = []
    if released_at <= now < released_at + EARLY_FOR:
        discounts.append((EARLY_SHARE, "early"))
    if upgraded_before > 0:
        discounts.append((LOYAL_SHARE, "loyal"))
    if not discounts:
        return UpgradePrice(list_usd, list_usd, None)
    share, name = max(discounts)
    return UpgradePrice(list_usd, _cents(list_usd * (1 - share)), name)


def trade_in_usd(paid_usd: Decimal, purchased_at: datetime, now: datetime) -> Decimal:
    """What a licence is still worth: what was paid for it, less a 36th for each whole month. Nothing paid, nothing worth."""
    months = max(0, months_between(purchased_at, now))
    if months >= TRADE_IN_MONTHS:
        return Decimal("0.00")
    return _cents(EXACT.divide(paid_usd * (TRADE_IN_MONTHS - months), Decimal(TRADE_IN_MONTHS)))


def months_between(start: datetime, end: datetime) -> int:
    """Whole calendar months from one instant to another."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - ((end.day, end.time()) < (start.day, start.time()))


def _cents(amount_usd: Decimal) -> Decimal:
    return amount_usd.quantize(CENT, ROUND_HALF_EVEN)
