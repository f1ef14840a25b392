"""Finding receipts: by an id, or among what was moved by hand."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.lookups import Lookup
from dashboard.sql import Query

MOVED_IN = ("admin_grant", "bonus", "referral", "coupon", "purchase")
KINDS: dict[str, tuple[str, ...] | None] = {
    "all": None,
    "reversals": ("reversal",),
    "grants": MOVED_IN,
    "deductions": ("correction", "deduct"),
    "taken": ("correction",),
    "by_hand": (*MOVED_IN, "correction"),
}


@dataclass(frozen=True, slots=True)
class Moved:
    """An entry that somebody caused, credits."""

    customer_id: UUID
    seq: int
    customer: str
    reason: str
    cause: str | None
    amount: Decimal
    balance_after: Decimal
    created_at: datetime
    by_whom: str | None
    reverses_seq: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A receipt an id leads to: of a request, or of an entry; credits moved."""

    customer_id: UUID
    request_id: UUID | None
    seq: int | None
    customer: str
    about: str
    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of entries, newest first."""

    at: datetime
    user_id: UUID
    seq: int


receipt_notable = Query("support/receipt_notable", Moved)
receipt_candidates = Query("support/receipt_candidates", Candidate)


def moved_by_hand(connection: Connection, kind: str, place: Place, most: int) -> list[Moved]:
    """Return entries somebody caused, below a place, newest first."""
    reasons = KINDS[kind]
    return receipt_notable.all(
        connection,
        reasons=None if reasons is None else list(reasons),
        at=place.at,
        user_id=place.user_id,
        seq=place.seq,
        most=most,
    )


def candidates(connection: Connection, lookup: Lookup) -> list[Candidate]:
    """Return the receipts that what was typed leads to."""
    customer_id, seq = lookup.entry or (None, None)
    return receipt_candidates.all(connection, request_ids=list(lookup.ids), customer_id=customer_id, seq=seq)
