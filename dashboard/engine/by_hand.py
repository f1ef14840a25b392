"""Credits moved by hand: what is asked for, its limits, and when a second person must agree (domain §6)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dashboard.engine import grants, reversals
from dashboard.engine.credits import in_words
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.money import decimals, is_amount
from dashboard.engine.permissions import Permission, deciders, may

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST_CREDITS = Decimal(10) ** 12
CREDIT_DECIMALS = 6
LONGEST_NOTE = 2000
WINDOW = timedelta(hours=24)
DECIDED_WITHIN = timedelta(hours=24)
# Per action and per rolling 24 hours. Whoever has the server's shell has an admin's, and is recorded.
LIMITS = {"support": Decimal(50_000), "admin": Decimal(500_000), "shell": Decimal(500_000)}

GRANT_REASONS = {
    "compensation": "To make up for something",
    "goodwill": "Goodwill",
    "contract": "Agreed in a contract",
    "test": "For a test",
    "other": "Another reason, in the note",
}
DEDUCTION_REASONS = {
    "mistake": "Granted by mistake",
    "contract": "Agreed in a contract",
    "other": "Another reason, in the note",
}
# The source of a grant by hand, and the reason its entry has in the ledger.
SOURCES = {
    "admin_grant": "admin_grant",
    "bonus": "bonus",
    "referral_reward": "referral",
    "coupon_promotion": "coupon",
    "purchase": "purchase",
}


class KeyLimitError(RuleBrokenError):
    """A key asked for more than its limits allow; `outcome` says which one."""

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome
        span = "one call" if outcome == "over_limit_per_call" else "one day"
        super().__init__(f"This is more than the key may move in {span}. Nothing was changed.")


class NotAllowedError(RuleBrokenError):
    """Whoever asked may not do this."""


@dataclass(frozen=True, slots=True)
class ReversalOrder:
    """Credits of one entry to be given back; `reversed_before` is what had been when it was asked."""

    user_id: UUID
    seq: int
    credits: Decimal | None
    cause: str
    reversed_before: Decimal | None = None
    note_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class GrantOrder:
    """Credits to be granted; whoever gives the same id again grants nothing more."""

    user_id: UUID
    grant_id: UUID
    credits: Decimal
    cause: str
    source: str = "admin_grant"
    paid_usd: Decimal = Decimal(0)
    expires_at: datetime | None = None
    note_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DeductionOrder:
    """Credits to be taken by hand."""

    user_id: UUID
    credits: Decimal
    cause: str
    note_id: UUID | None = None


Order = ReversalOrder | GrantOrder | DeductionOrder
KINDS: dict[str, type[Order]] = {
    "reverse_entry": ReversalOrder,
    "grant_credits": GrantOrder,
    "deduct_by_hand": DeductionOrder,
}
_READ: dict[str, Any] = {
    "user_id": UUID,
    "grant_id": UUID,
    "note_id": UUID,
    "credits": Decimal,
    "reversed_before": Decimal,
    "paid_usd": Decimal,
    "expires_at": datetime.fromisoformat,
}


def payload_of(order: "DataclassInstance") -> dict[str, object]:
    """Write an order as a request for approval keeps it."""
    return {name: _written(value) for name, value in asdict(order).items()}


def order_of(kind: str, payload: Mapping[str, Any]) -> Order:
    """Read an order back from what a request for approval keeps."""
    given: dict[str, Any] = {
        name: None if value is None else _READ.get(name, _same)(value) for name, value in payload.items()
    }
    return KINDS[kind](**given)


def faults_of(order: Order, note: str | None, now: datetime) -> dict[str, str]:
    """Return what cannot be taken, by field."""
    found = {}
    reasons = _reasons(order)
    if order.credits is not None and not _is_credits(order.credits):
        found["credits"] = "Give a number of credits above zero, with at most 6 decimals."
    if order.cause not in reasons:
        found["reason"] = f"Choose one of {', '.join(reasons)}."
    if note is not None and not (note.strip() and len(note) <= LONGEST_NOTE):
        found["note"] = f"Give a note of 1 to {LONGEST_NOTE} characters, or none."
    if order.cause == "other" and note is None:
        found["note"] = "Say in a note what the reason is."
    return found | (_faults_of_grant(order, now) if isinstance(order, GrantOrder) else {})


def grant_of(order: GrantOrder, now: datetime) -> grants.CreditGrant:
    """The grant an order asks for, valid from now on."""
    is_paid = order.source == "purchase" or order.paid_usd > 0
    return grants.CreditGrant(
        user_id=order.user_id,
        id=order.grant_id,
        source=order.source,
        category="paid" if is_paid else "promotional",
        granted=order.credits,
        paid_usd=order.paid_usd,
        effective_at=now,
        expires_at=order.expires_at,
        priority=grants.PAID_PRIORITY if is_paid else grants.PROMOTIONAL_PRIORITY,
        origin="Granted by hand",
        reason=SOURCES[order.source],
        note_id=order.note_id,
        cause=order.cause,
    )


def refuse_asker(role: str) -> None:
    """Refuse whoever may not move credits; a key was let in by its scope."""
    if role not in {"shell", "api_key"} and not may(role, Permission.CREDITS_CHANGE):
        raise NotAllowedError(f"The role {role} may not move credits by hand. Nothing was changed.")


def why_second_person(role: str, credits_asked: Decimal, given_lately: Decimal) -> str | None:
    """Say why a second person must agree, or None within the limits: per action, and with the last 24 hours."""
    limit = LIMITS.get(role, Decimal(0))
    if credits_asked > limit:
        return f"{in_words(credits_asked)} credits are above the limit of {in_words(limit)} for one action of {role}"
    if given_lately + credits_asked > limit:
        return (
            f"with the {in_words(given_lately)} credits given in the last 24 hours, {in_words(credits_asked)} more are above "
            f"the limit of {in_words(limit)} for {role}"
        )
    return None


def why_too_dear(role: str, order_credits: Decimal, paid_usd: Decimal, unit_usd: Decimal) -> str | None:
    """Say why a second person must agree to what was paid: a limit in credits is none if one may be booked for a billion.

    The shell, which reaches the books anyway, and keys, which book what a payment says, are not asked.
    """
    if role in {"shell", "api_key"} or paid_usd <= order_credits * unit_usd:
        return None
    return f"${paid_usd:,f} paid is more than {in_words(order_credits)} credits are worth at list value"


def refuse_decider(
    role: str,
    person_id: UUID | None,
    requested_person_id: UUID | None,
    permission: Permission = Permission.APPROVALS_CHANGE,
) -> None:
    """Refuse who may not decide a request: it takes another person, an admin or an owner; nobody is exempt."""
    if person_id is None or not may(role, permission):
        raise NotAllowedError(f"Only {deciders(permission)} decides this. Nothing was changed.")
    if person_id == requested_person_id:
        raise NotAllowedError("Whoever asked cannot decide: it takes another person. Nothing was changed.")


def _faults_of_grant(order: GrantOrder, now: datetime) -> dict[str, str]:
    found = {}
    if order.source not in SOURCES:
        found["source"] = f"Choose one of {', '.join(SOURCES)}."
    if not is_amount(order.paid_usd) or decimals(order.paid_usd) > 18:  # noqa: PLR2004 - the decimals of a cost
        found["paid_usd"] = "Give an amount of US dollars, zero or more."
    if order.expires_at is not None and order.expires_at <= now:
        found["expires_at"] = "Give a time that is still to come, or none."
    return found


def _reasons(order: Order) -> Mapping[str, str]:
    if isinstance(order, ReversalOrder):
        return reversals.REASONS
    return GRANT_REASONS if isinstance(order, GrantOrder) else DEDUCTION_REASONS


def _is_credits(value: Decimal) -> bool:
    return value.is_finite() and 0 < value < MOST_CREDITS and decimals(value) <= CREDIT_DECIMALS


def _written(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _written(one) for name, one in value.items()}
    return str(value) if isinstance(value, UUID) else value


def _same(value: object) -> object:
    return value
