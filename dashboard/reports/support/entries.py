"""What stands around a charge on its receipt: the entry, the customer now, what happened, what was given back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.reversals import Drawn, Lot
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """One movement of a balance, credits and USD."""

    customer_id: UUID
    customer: str
    customer_status: str
    seq: int
    reason: str
    cause: str | None
    amount: Decimal
    balance_before: Decimal
    balance_after: Decimal
    realised_revenue_usd: Decimal
    request_id: UUID | None
    created_at: datetime
    reverses_seq: int | None
    approval_id: UUID | None
    operator: str | None
    approver: str | None
    api_key: str | None
    note: str | None
    reverses_reason: str | None
    reverses_request_id: UUID | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened around an entry; `about` is a cause or a grant, `ended_at` when a hold or grant ended."""

    at: datetime
    kind: str
    seq: int | None
    credits: Decimal
    about: str | None
    operator: str | None
    note: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class RestoredTo:
    """What one reversal put into one grant; credits and USD taken back (not above zero)."""

    seq: int
    created_at: datetime
    credits: Decimal
    cause: str | None
    reversed_after: Decimal
    operator: str | None
    note: str | None
    approval_id: UUID | None
    origin: str
    is_replacement: bool
    expires_at: datetime | None
    amount: Decimal
    realised_revenue_usd: Decimal


@dataclass(frozen=True, slots=True)
class ReversibleDraw:
    """What an entry took from one grant and what was given back since; the grant as it is now."""

    position: int
    id: UUID
    source: str
    category: str
    origin: str
    granted: Decimal
    remaining: Decimal
    paid_usd: Decimal
    expires_at: datetime | None
    expiry_posted_at: datetime | None
    credits: Decimal
    realised_revenue_usd: Decimal
    returned: Decimal
    is_clawed_back: bool

    @property
    def drawn(self) -> Drawn:
        """The draw as a reversal sees it; the lot is named by its grant's id."""
        lot = Lot(
            str(self.id),
            self.granted,
            self.remaining,
            self.paid_usd,
            self.expires_at,
            expiry_posted=self.expiry_posted_at is not None,
            clawed_back=self.is_clawed_back,
        )
        return Drawn(lot, self.credits, self.realised_revenue_usd, self.returned)


@dataclass(frozen=True, slots=True)
class CustomerNow:
    """The customer as they stand now, credits."""

    id: UUID
    name: str
    status: str
    balance: Decimal
    spendable: Decimal
    held: Decimal
    last_seq: int
    tier_title: str | None
    tier_since: datetime | None


@dataclass(frozen=True, slots=True)
class PendingReversal:
    """A request to give credits of an entry back that waits for a second person."""

    id: UUID
    credits: Decimal | None
    cause: str
    asker: str | None
    requested_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PriceVersion:
    """The number of a price among those of its model."""

    version: int


receipt_entry = Query("support/receipt_entry", EntryFacts)
receipt_events = Query("support/receipt_events", Event)
receipt_restored = Query("support/receipt_restored", RestoredTo)
receipt_reversible = Query("support/receipt_reversible", ReversibleDraw)
receipt_customer = Query("support/receipt_customer", CustomerNow)
receipt_requests = Query("support/receipt_requests", PendingReversal)
price_version = Query("support/price_version", PriceVersion)


def entry_of(connection: Connection, customer_id: UUID, seq: int) -> EntryFacts | None:
    """Return one entry, or None if there is none."""
    return next(iter(receipt_entry.all(connection, customer_id=customer_id, seq=seq)), None)
