"""Credits programs give and give back: what they send, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine import fields
from dashboard.engine.asking import NO_REQUEST, customer, given_for, positive_credits
from dashboard.engine.by_hand import SOURCES
from dashboard.engine.reversals import REASONS
from dashboard.engine.usage import request_id_of

LARGEST_PAID_USD = Decimal(1_000_000)
PAID_DECIMALS = 12
ALLOCATION_FIELDS = frozenset({"customer", "amount", "source", "expires_at", "paid_usd"})
REFUND_FIELDS = frozenset({"customer", "request_id", "amount", "reason"})
# Other words for the same sources.
ALIASES = {"referral": "referral_reward", "coupon": "coupon_promotion"}
OTHER = "other"


@dataclass(frozen=True, slots=True)
class AllocationWanted:
    """Credits to be granted to a customer, and what was paid for them, USD."""

    customer: str
    amount: Decimal
    source: str
    expires_at: datetime | None = None
    paid_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class RefundWanted:
    """Credits of one request to be given back; without an amount all that is left of them."""

    customer: str
    request_id: UUID
    amount: Decimal | None
    cause: str
    note: str | None


def read_allocation(raw: Mapping[str, object]) -> AllocationWanted:
    """Read a grant; raise InvalidInputError naming every field that cannot be taken."""
    given = given_for(raw, ALLOCATION_FIELDS)
    wanted = AllocationWanted(
        customer=given.read(raw, "customer", customer, ""),
        amount=given.read(raw, "amount", positive_credits, Decimal(0)),
        source=given.read(raw, "source", _source, ""),
        expires_at=None if raw.get("expires_at") is None else given.read(raw, "expires_at", fields.instant, None),
        paid_usd=Decimal(0) if raw.get("paid_usd") is None else given.read(raw, "paid_usd", _paid, Decimal(0)),
    )
    given.refuse_if_any()
    return wanted


def read_refund(raw: Mapping[str, object]) -> RefundWanted:
    """Read a refund; a reason that is none of the known words becomes a note."""
    given = given_for(raw, REFUND_FIELDS)
    reason = given.read(raw, "reason", fields.text, "")
    known = reason in REASONS and reason != OTHER
    wanted = RefundWanted(
        customer=given.read(raw, "customer", customer, ""),
        request_id=given.read(raw, "request_id", request_id_of, NO_REQUEST)[0],
        amount=None if raw.get("amount") is None else given.read(raw, "amount", positive_credits, Decimal(0)),
        cause=reason if known else OTHER,
        note=None if known else reason,
    )
    given.refuse_if_any()
    return wanted


def _source(value: object) -> str:
    word = ALIASES.get(value, value) if isinstance(value, str) else value
    return fields.choice(word, frozenset(SOURCES))


def _paid(value: object) -> Decimal:
    return fields.amount(value, LARGEST_PAID_USD, PAID_DECIMALS)
