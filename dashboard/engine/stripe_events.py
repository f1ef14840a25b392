"""What Stripe tells us, read: which payment, how much, for what; amounts come in cents and become dollars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from dashboard.engine.errors import InvalidInputError
from dashboard.engine.fields import as_uuid

PAID = frozenset({"checkout.session.completed", "checkout.session.async_payment_succeeded", "payment_intent.succeeded"})
FAILED = frozenset({"checkout.session.async_payment_failed", "payment_intent.payment_failed"})
REFUNDED = frozenset({"charge.refunded"})
DISPUTED = frozenset({"charge.dispute.created", "charge.dispute.funds_withdrawn"})
WON = frozenset({"charge.dispute.closed"})
LONGEST_ID = 255
MOST_CENTS = 10**11


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """One event: `act` is paid, failed, refunded, disputed, won or ignored.

    `amount_usd` is what was paid, what went back in all so far (refunded) or what a bank takes back (disputed).
    """

    id: str
    kind: str
    act: str
    occurred_at: datetime
    payment_object: str | None = None
    user_id: UUID | None = None
    invoice_id: UUID | None = None
    amount_usd: Decimal = Decimal(0)
    currency: str = "usd"
    dispute: str | None = None

    def facts(self) -> dict[str, object]:
        """What is kept of it: ids and amounts, never its body."""
        return {
            "act": self.act,
            "customer": self.user_id and str(self.user_id),
            "invoice": self.invoice_id and str(self.invoice_id),
            "amount_usd": f"{self.amount_usd:f}",
            "currency": self.currency,
            "dispute": self.dispute,
        }


def read_event(body: object) -> StripeEvent:
    """Read a body whose signature was right; InvalidInputError when it is no event."""
    event = _mapping(body, "event")
    event_id, kind, created = event.get("id"), event.get("type"), event.get("created")
    if not _is_id(event_id) or not _is_id(kind) or isinstance(created, bool) or not isinstance(created, int):
        raise InvalidInputError({"event": "has no id, type or time"})
    occurred_at = _instant(created)
    act = _act(str(kind))
    if act == "ignored":
        return StripeEvent(str(event_id), str(kind), act, occurred_at)
    thing = _mapping(_mapping(event.get("data"), "data").get("object"), "object")
    if _not_yet_paid(str(kind), thing):
        return StripeEvent(str(event_id), str(kind), "ignored", occurred_at)
    return _read(str(event_id), str(kind), act, occurred_at, thing)


def event_of(
    event_id: str, kind: str, payment_object: str, occurred_at: datetime, kept: Mapping[str, Any]
) -> StripeEvent:
    """Read an event back from what was kept of it."""
    return StripeEvent(
        event_id,
        kind,
        kept["act"],
        occurred_at,
        payment_object,
        as_uuid(kept["customer"] or ""),
        as_uuid(kept["invoice"] or ""),
        Decimal(kept["amount_usd"]),
        kept["currency"],
        kept["dispute"],
    )


def _read(event_id: str, kind: str, act: str, occurred_at: datetime, thing: Mapping[str, Any]) -> StripeEvent:
    payment = thing.get("id") if kind.startswith("payment_intent.") else thing.get("payment_intent")
    # Stripe sends the id, or the whole object where somebody asked for it.
    payment = payment.get("id") if isinstance(payment, Mapping) else payment
    said = thing.get("metadata")
    metadata = said if isinstance(said, Mapping) else {}
    return StripeEvent(
        id=event_id,
        kind=kind,
        act=act,
        occurred_at=occurred_at,
        payment_object=str(payment) if _is_id(payment) else None,
        user_id=as_uuid(str(metadata.get("customer", ""))),
        invoice_id=as_uuid(str(metadata.get("invoice", ""))),
        amount_usd=_dollars(_cents_of(kind, thing)),
        currency=str(thing.get("currency", "")).lower()[:10],
        dispute=str(thing["id"]) if act in {"disputed", "won"} and _is_id(thing.get("id")) else None,
    )


def _act(kind: str) -> str:
    acts = {"paid": PAID, "failed": FAILED, "refunded": REFUNDED, "disputed": DISPUTED, "won": WON}
    return next((act for act, kinds in acts.items() if kind in kinds), "ignored")


def _not_yet_paid(kind: str, thing: Mapping[str, Any]) -> bool:
    """A session that is complete before its money is there, and a dispute that was not won, change nothing."""
    if kind == "checkout.session.completed":
        return thing.get("payment_status") != "paid"
    return kind in WON and thing.get("status") != "won"


def _cents_of(kind: str, thing: Mapping[str, Any]) -> object:
    if kind.startswith("checkout.session."):
        return thing.get("amount_total")
    if kind in REFUNDED:
        return thing.get("amount_refunded")
    return thing.get("amount_received") or thing.get("amount") if kind in PAID else thing.get("amount")


def _dollars(cents: object) -> Decimal:
    if isinstance(cents, bool) or not isinstance(cents, int) or not 0 <= cents < MOST_CENTS:
        raise InvalidInputError({"amount": "is no number of cents"})
    return Decimal(cents).scaleb(-2)


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidInputError({"created": "is no time"}) from None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isascii() and value.isprintable()


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInputError({name: "is no object"})
    return value
