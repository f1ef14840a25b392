"""Credits moved by hand: the database's functions for it, and what the limits are measured by."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class Locked:
    """The customer's lock is taken."""

    locked: str


@dataclass(frozen=True, slots=True)
class ReversibleEntry:
    """An entry as a reversal finds it: credits taken (negative), given back, left to give back, lost to a claw-back."""

    seq: int
    reason: str
    amount: Decimal
    reversed_before: Decimal
    credits_left: Decimal
    credits_lost: Decimal


@dataclass(frozen=True, slots=True)
class ReversalReceipt:
    """What a reversal did; the rest is only there when the outcome is `reversed`. `restored` lists the grants."""

    outcome: str
    seq: int
    credits: Decimal
    balance_after: Decimal
    realised_revenue_usd: Decimal
    reversed_before: Decimal
    credits_left: Decimal
    credits_lost: Decimal
    created_at: datetime
    restored: Any


@dataclass(frozen=True, slots=True)
class HandDeduction:
    """What was taken by hand; the rest but `spendable` is only there when the outcome is `deducted`."""

    outcome: str
    seq: int
    credits: Decimal
    balance_after: Decimal
    spendable: Decimal
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GrantedEntry:
    """The entry that brought a grant in."""

    seq: int
    credits: Decimal
    balance_after: Decimal
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A sum of credits."""

    credits: Decimal


@dataclass(frozen=True, slots=True)
class KeyRefusal:
    """Which limit of a key is in the way, if one is."""

    outcome: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many requests wait for a second person."""

    requests: int


lock_balance = Query("charging/lock_balance", Locked)
entry_to_reverse = Query("charging/entry_to_reverse", ReversibleEntry)
requests_waiting = Query("charging/requests_waiting", Waiting)
reverse_entry = Query("charging/reverse_entry", ReversalReceipt)
deduct_by_hand = Query("charging/deduct_by_hand", HandDeduction)
granted_entry = Query("charging/granted_entry", GrantedEntry)
given_by_hand = Query("charging/given_by_hand", Moved)
key_refusal = Query("charging/key_refusal", KeyRefusal)
key_moved_today = Query("charging/key_moved_today", Moved)


def is_waiting(
    session: Session, kind: str, named: Mapping[str, object], now: datetime, person_id: UUID | None = None
) -> bool:
    """Whether somebody, or this person, asked for it already and a second person has not decided yet."""
    wanted = json.dumps(named, default=str)
    found = requests_waiting.one(session.connection(), kind=kind, named=wanted, person_id=person_id, now=now)
    return found.requests > 0


def key_spent_today(session: Session, api_key_id: UUID, now: datetime) -> Decimal:
    """Return what a key has moved since midnight UTC, in or out; usage is no act of a key."""
    return key_moved_today.one(session.connection(), api_key_id=api_key_id, now=now).credits
