"""Incident batches: many deductions given back together; what is chosen, asked, confirmed and shown of it (domain §5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from dashboard.engine.by_hand import LONGEST_NOTE
from dashboard.engine.credits import in_words
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.money import decimals
from dashboard.engine.reversals import REASONS

BATCH_KIND = "incident_batch"
MOST_DEDUCTIONS = 100_000
MOST_CUSTOMERS = 500
LONGEST_WINDOW = timedelta(days=31)
WHOLE = Decimal(100)
SHARE_DECIMALS = 2
# How many are given back in one transaction: each of its customers waits for it no longer than a tenth of a second.
AT_ONCE = 100

# Why a deduction is left as it is: seen in the preview, or found when its turn came.
LEFT_OUT = {
    "reversed": "Given back before",
    "clawed_back": "Its grant was clawed back",
    "erased": "The customer was erased",
    "changed": "Something was given back since the preview",
    "nothing_left": "Nothing was left to give back",
    "more_than_left": "Less was left than was to be given back",
    "not_reversible": "Not a charge",
    "unknown": "The entry is not there",
    "cancelled": "The batch was cancelled before its turn",
}
_LISTS = ("providers", "models", "statuses", "tiers", "services", "request_types")


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which deductions: of requests that started in [start, end), and of each list those named; empty means any.

    `uncovered` is whether a part of the request was not paid for; None takes both. `share_percent` of what was taken.
    """

    start: datetime
    end: datetime
    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    request_types: tuple[str, ...] = ()
    customers: tuple[UUID, ...] = ()
    uncovered: bool | None = None
    share_percent: Decimal = WHOLE


@dataclass(frozen=True, slots=True)
class IncidentOrder:
    """What a second person is asked to approve; the hash binds it to the deductions that were seen."""

    batch_id: UUID
    entries: int
    customers: int
    credits: Decimal
    list_revenue_usd: Decimal
    share_percent: Decimal
    window_start: datetime
    window_end: datetime
    cause: str
    items_sha256: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a filter comes to now: found in all, and what there is to give back; its hash binds a preview."""

    found: int
    deductions: int
    customers: int
    credits: Decimal
    list_revenue_usd: Decimal
    items_sha256: bytes | None


class StalePreviewError(RuleBrokenError):
    """Something changed between the preview and the order."""

    def __init__(self) -> None:
        super().__init__(
            "These are not the deductions you were shown: something was charged or given back since. "
            "Look at the new preview. Nothing was changed."
        )


class NoSuchBatchError(RuleBrokenError):
    """There is no batch of this id."""

    def __init__(self) -> None:
        super().__init__("There is no such batch. Nothing was changed.")


class NotPossibleNowError(RuleBrokenError):
    """The batch stands where this cannot be done."""

    def __init__(self, act: str) -> None:
        super().__init__(f"The batch has moved on and can no longer be {act}. Nothing was changed.")


class TooLateToRetryError(RuleBrokenError):
    """What failed counted towards somebody's limit for a day; later it would get around it."""

    def __init__(self) -> None:
        super().__init__(
            "This batch was ordered more than a day ago within the limit of one person. "
            "Order what failed as a new batch. Nothing was changed."
        )


def written(wanted: IncidentFilter) -> dict[str, Any]:
    """Write a filter as the record keeps it, and as the database reads it."""
    found: dict[str, Any] = {"from": wanted.start.isoformat(), "until": wanted.end.isoformat()}
    found |= {name: list(getattr(wanted, name)) for name in _LISTS if getattr(wanted, name)}
    if wanted.customers:
        found["customers"] = [str(customer) for customer in wanted.customers]
    if wanted.uncovered is not None:
        found["uncovered"] = wanted.uncovered
    return found | {"share_percent": f"{wanted.share_percent:f}"}


def filter_of(kept: Mapping[str, Any]) -> IncidentFilter:
    """Read a filter back from a record."""
    return IncidentFilter(
        start=datetime.fromisoformat(kept["from"]),
        end=datetime.fromisoformat(kept["until"]),
        **{name: tuple(kept.get(name, ())) for name in _LISTS},
        customers=tuple(UUID(customer) for customer in kept.get("customers", ())),
        uncovered=kept.get("uncovered"),
        share_percent=Decimal(kept.get("share_percent", "100")),
    )


def faults_of_filter(wanted: IncidentFilter) -> dict[str, str]:
    """Return what cannot be asked for, by field."""
    found = {}
    if wanted.end <= wanted.start:
        found["until"] = "The window ends before it begins. Give an end after the start."
    elif wanted.end - wanted.start > LONGEST_WINDOW:
        found["until"] = f"A batch covers at most {LONGEST_WINDOW.days} days. Give a shorter window."
    share = wanted.share_percent
    if not (share.is_finite() and 0 < share <= WHOLE and decimals(share) <= SHARE_DECIMALS):
        found["share"] = "Give a percentage above 0 and up to 100, with at most 2 decimals."
    if len(wanted.customers) > MOST_CUSTOMERS:
        found["customers"] = f"Name at most {MOST_CUSTOMERS} customers, or none for all."
    return found


def refuse_words(cause: str, note: str | None, confirmation: str, credits_to_give: Decimal) -> None:
    """Refuse an order whose reason, note or typed confirmation cannot be taken."""
    found = {}
    if cause not in REASONS:
        found["reason"] = f"Choose one of {', '.join(REASONS)}."
    if note is not None and len(note) > LONGEST_NOTE:
        found["note"] = f"Give a note of at most {LONGEST_NOTE} characters."
    if note is None and cause == "other":
        found["note"] = "Say in a note what the reason is."
    if typed_credits(confirmation) != credits_to_give:
        found["confirmation"] = f"Type {in_words(credits_to_give)}, the credits this batch gives back."
    if found:
        raise InvalidInputError(found)


def typed_credits(text: str) -> Decimal | None:
    """Read a number of credits as a person types it: grouped by commas, spaces or not at all."""
    try:
        number = Decimal("".join(text.replace(",", "").split()))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def code_of(number: int) -> str:
    """Name a batch: IB-0007."""
    return f"IB-{number:04d}"


def standing_of(state: str, approval_state: str | None) -> str:
    """Say where a batch stands: one whose request for approval came to nothing stands as the request does."""
    if state == "pending" and approval_state in {"rejected", "withdrawn", "expired"}:
        return approval_state
    return state


def a_second(handled: int, since: datetime | None, until: datetime | None) -> int | None:
    """How many were handled a second of an unbroken run; None while that cannot be said."""
    if since is None or until is None or until <= since or handled <= 0:
        return None
    milliseconds = (until - since) // timedelta(milliseconds=1)
    return handled * 1000 // milliseconds if milliseconds else None


def seconds_left(waiting: int, rate: int | None) -> int | None:
    """How long the rest takes at this rate, in whole seconds; None without one."""
    return -(-waiting // rate) if rate else None
