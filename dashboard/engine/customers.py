"""Customers as a file names them, and the plan each starts with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

from dashboard.engine import fields
from dashboard.engine.calendar import months_later
from dashboard.engine.fields import FieldError, Fields

COLUMNS = ("email", "name", "tier", "billing_interval", "started_at", "reset_day_of_month")
BILLING_CYCLES = frozenset({"monthly", "annual"})
# Names documents use for a tier of ours.
TIER_ALIASES = {"enterprise": "enterprise_pro"}
LONGEST_EMAIL = 254
EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
FIRST_START, LAST_START = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MONTHS_OF_CYCLE = {"monthly": 1, "annual": 12}


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer and the plan they start with.

    The id says nothing of the person: an erased customer is not recognised by who knows their e-mail.
    """

    email: str
    name: str
    tier: str
    billing_cycle: str
    started_at: datetime
    reset_day: int
    user_id: UUID = field(default_factory=uuid4, compare=False)

    @property
    def subscription_id(self) -> UUID:
        """The subscription a customer starts with."""
        return uuid5(self.user_id, "first subscription")


def read_customer(raw: Mapping[str, object], tiers: frozenset[str]) -> NewCustomer:
    """Read one customer; raise InvalidInputError naming every field that cannot be taken."""
    found = Fields()
    customer = NewCustomer(
        email=found.read(raw, "email", email, ""),
        name=found.read(raw, "name", fields.text, ""),
        tier=found.read(raw, "tier", lambda value: _tier(value, tiers), ""),
        billing_cycle=found.read(raw, "billing_interval", lambda value: fields.choice(value, BILLING_CYCLES), ""),
        started_at=found.read(raw, "started_at", _start, FIRST_START),
        reset_day=found.read(raw, "reset_day_of_month", lambda value: fields.whole_number(value, 31, least=1), 1),
    )
    found.refuse_if_any()
    return customer


def first_seen(address: str, started_at: datetime) -> NewCustomer:
    """Return a free customer who starts with their first request."""
    return NewCustomer(
        email=address,
        name=address.partition("@")[0],
        tier="free",
        billing_cycle="monthly",
        started_at=started_at,
        reset_day=started_at.day,
    )


def email(value: object) -> str:
    """Return an e-mail address in lower case."""
    address = fields.text(value, LONGEST_EMAIL).lower()
    if not EMAIL.fullmatch(address):
        raise FieldError(f"is {fields.shown(address)}, must be an e-mail address")
    return address


def billing_period(started_at: datetime, billing_cycle: str, instant: datetime) -> tuple[datetime, datetime]:
    """Return the billing period [start, end) that holds the instant; the first one before the start."""
    step = MONTHS_OF_CYCLE[billing_cycle]
    passed = (instant.year - started_at.year) * 12 + instant.month - started_at.month
    # One too early rather than one too late: the loop walks on.
    number = max(0, passed // step - 1)
    while months_later(started_at, (number + 1) * step, started_at.day) <= instant:
        number += 1
    return (
        months_later(started_at, number * step, started_at.day),
        months_later(started_at, (number + 1) * step, started_at.day),
    )


def _start(value: object) -> datetime:
    moment = fields.day_or_instant(value)
    if not FIRST_START <= moment < LAST_START:
        raise FieldError(f"is {fields.shown(value)}, must lie between {FIRST_START.year} and {LAST_START.year}")
    return moment


def _tier(value: object, tiers: frozenset[str]) -> str:
    name = fields.text(value)
    return fields.choice(TIER_ALIASES.get(name, name), tiers)
