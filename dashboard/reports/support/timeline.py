"""What happened to one customer, newest first: entries, what moved nothing, corrections, holds and notices."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.sql import Query

PER_PAGE = 25
AT_ONCE = 5_000
HIGHEST_SEQ = 2**63 - 1
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
ZERO = Decimal(0)

NOT_USAGE = (
    "allocation",
    "purchase",
    "bonus",
    "coupon",
    "referral",
    "admin_grant",
    "deduct",
    "reversal",
    "expiry",
    "rollover",
    "clawback",
    "proration",
    "correction",
    "opening",
)
GRANTING = ("allocation", "purchase", "bonus", "coupon", "referral", "admin_grant", "rollover", "proration", "opening")
# What each choice shows: reasons of entries, and the kinds that are no entries.
KINDS: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "all": (("usage", *NOT_USAGE), frozenset({"uncharged", "corrections", "holds", "notices"})),
    "charges": (("usage", "deduct"), frozenset()),
    "uncharged": ((), frozenset({"uncharged"})),
    "given_back": (("reversal",), frozenset()),
    "grants": (GRANTING, frozenset()),
    "ended": (("expiry", "clawback"), frozenset()),
    "corrections": (("correction",), frozenset({"corrections"})),
    "holds": ((), frozenset({"holds"})),
    "notices": ((), frozenset({"notices"})),
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the timeline: entries below `seq`, everything else after (`at`, `key`)."""

    seq: int = HIGHEST_SEQ
    at: datetime = LATEST
    key: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; amounts in credits and USD, None where they are not of this kind or not known."""

    at: datetime
    kind: str
    key: str
    seq: int | None
    request_id: UUID | None
    reason: str | None
    amount: Decimal | None
    balance_before: Decimal | None
    balance_after: Decimal | None
    reverses_seq: int | None
    cause: str | None
    realised_revenue_usd: Decimal | None
    credits_reversed: Decimal | None
    origin: str | None
    model: str | None
    provider_title: str | None
    status: str | None
    key_mode: str | None
    cost_status: str | None
    started_at: datetime | None
    vendor_cost_usd: Decimal | None
    credits_due: Decimal | None
    credits_uncovered: Decimal | None
    credits_held: Decimal | None
    notice: str | None
    remaining_credits: Decimal | None


@dataclass(frozen=True, slots=True)
class BalanceBefore:
    """The balance before an entry, in credits."""

    balance: Decimal


@dataclass(frozen=True, slots=True)
class Sum:
    """What the entries of one reason moved, in credits."""

    reason: str
    entries: int
    credits: Decimal


timeline = Query("support/timeline", Line)
balance_at_entry = Query("support/balance_at_entry", BalanceBefore)
account_sums = Query("support/account_sums", Sum)


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """A page of it, each line with the balance it left, and where the next page begins."""

    lines: list[Line]
    older: Cursor | None


def timeline_page(
    connection: Connection, customer_id: UUID, kind: str, cursor: Cursor, *, now: datetime, most: int = PER_PAGE
) -> TimelinePage:
    """Read one page of one of KINDS from a place on."""
    found = timeline.all(connection, **_given(customer_id, kind, cursor, now), most=most + 1)
    lines = found[:most]
    older = _after(cursor, lines) if len(found) > most else None
    if kind != "all":
        return TimelinePage(lines, older)
    return TimelinePage(_with_balances(lines, _balance_at(connection, customer_id, cursor)), older)


def every_line(connection: Connection, customer_id: UUID, kind: str, *, now: datetime) -> Iterator[Line]:
    """Read the whole of it, some thousand lines at a time: for a file."""
    cursor: Cursor | None = Cursor()
    while cursor:
        page = timeline_page(connection, customer_id, kind, cursor, now=now, most=AT_ONCE)
        yield from page.lines
        cursor = page.older


def sums_of(connection: Connection, customer_id: UUID, balance: Decimal) -> list[Sum]:
    """Say what moved the balance by reason; use is what the others leave, because together they are the balance."""
    others = account_sums.all(connection, customer_id=customer_id)
    used = balance - sum((one.credits for one in others), ZERO)
    return [*others, Sum("usage", 0, used)] if used else others


def _given(customer_id: UUID, kind: str, cursor: Cursor, now: datetime) -> dict[str, object]:
    reasons, others = KINDS[kind]
    return {
        "customer_id": customer_id,
        "seq": cursor.seq,
        "at": cursor.at,
        "key": cursor.key,
        "now": now,
        "with_usage": "usage" in reasons,
        "reasons": [one for one in reasons if one != "usage"],
        **{f"with_{name}": name in others for name in ("uncharged", "corrections", "holds", "notices")},
    }


def _after(cursor: Cursor, lines: list[Line]) -> Cursor:
    last = lines[-1]
    seqs = [line.seq for line in lines if line.seq is not None]
    # Of one instant the entries come first, so whatever else it holds is still to come after one.
    return Cursor(seqs[-1] if seqs else cursor.seq, last.at, last.key)


def _balance_at(connection: Connection, customer_id: UUID, cursor: Cursor) -> Decimal:
    """What the balance was at the place a page begins."""
    found = balance_at_entry.all(connection, customer_id=customer_id, seq=cursor.seq)
    return found[0].balance if found else ZERO


def _with_balances(lines: list[Line], balance: Decimal) -> list[Line]:
    """Give what moved nothing the balance it found."""
    told: list[Line] = []
    for line in lines:
        told.append(line if line.balance_after is not None else replace(line, balance_after=balance))
        balance = balance if line.balance_before is None else line.balance_before
    return told
