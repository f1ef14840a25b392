"""Money to be given back: what is asked for, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

REFUND_KIND = "refund_payment"
CAUSES = {
    "cancelled": "Cancelled",
    "duplicate": "Paid twice for one thing",
    "service_fault": "What was paid for did not work",
    "mistake": "Charged by mistake",
    "goodwill": "Goodwill",
    "other": "Another reason, in the note",
}


@dataclass(frozen=True, slots=True)
class BoughtGrant:
    """A grant an invoice paid for: what it gave, and what of it is left, credits."""

    source_id: UUID
    granted: Decimal
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Money of one invoice to be given back; `refunded_usd` is what had been when it was asked."""

    user_id: UUID
    invoice_id: UUID
    amount_usd: Decimal
    cause: str
    refunded_usd: Decimal
    note_id: UUID | None = None


def refund_order_of(payload: Mapping[str, Any]) -> RefundOrder:
    """Read an order back from what a request for approval keeps."""
    note = payload.get("note_id")
    return RefundOrder(
        user_id=UUID(payload["user_id"]),
        invoice_id=UUID(payload["invoice_id"]),
        amount_usd=Decimal(payload["amount_usd"]),
        cause=payload["cause"],
        refunded_usd=Decimal(payload["refunded_usd"]),
        note_id=UUID(note) if note else None,
    )
