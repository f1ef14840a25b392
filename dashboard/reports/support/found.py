"""Who and what a question finds: customers by name and address, requests and entries by id, proposals."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.lookups import LAST, Lookup, as_pattern
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer whose name or address fits; `balance` in credits."""

    customer_id: UUID
    name: str
    email: str
    status: str
    tier_title: str
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Named:
    """What an id names: a customer, request, deduction, hold or entry; credits due, deducted, held or moved."""

    what: str
    customer_id: UUID
    request_id: UUID | None
    seq: int | None
    at: datetime
    about: str | None
    credits: Decimal | None
    name: str
    email: str
    status: str


@dataclass(frozen=True, slots=True)
class FoundProposal:
    """A submitted proposal."""

    proposal_id: UUID
    code: str
    title: str
    multiplier: Decimal
    state: str


customers_found = Query("support/customers_found", FoundCustomer)
named_by_id = Query("support/named_by_id", Named)
proposals_found = Query("support/proposals_found", FoundProposal)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything a question finds; `more`: there are further customers than these."""

    customers: list[FoundCustomer]
    named: list[Named]
    more: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not self.customers and not self.named


def find(connection: Connection, lookup: Lookup, *, most: int, now: datetime) -> Found:
    """Look for customers, and for what an id names; at most `most` customers, the best fitting first."""
    if lookup.is_empty:
        return Found([], [])
    customer, seq = lookup.entry or (None, None)
    named = named_by_id.all(connection, ids=list(lookup.ids), customer_id=customer, seq=seq)
    if lookup.is_exact:
        return Found([], named)
    customers = _customers(connection, lookup.words, [], lookup.words, most=most + 1, now=now)
    otherwise = lookup.by_longest_word()
    if not customers and otherwise:
        customers = _customers(connection, *otherwise, lookup.words, most=most + 1, now=now)
    return Found(customers[:most], named, more=len(customers) > most)


def find_proposals(connection: Connection, lookup: Lookup, *, most: int) -> list[FoundProposal]:
    """Look for submitted proposals by code, tier, provider or model."""
    if lookup.is_empty or lookup.is_exact:
        return []
    return proposals_found.all(connection, pattern=as_pattern(lookup.words)[1:], most=most)


def _customers(
    connection: Connection, start: str, others: list[str], whole: str, *, most: int, now: datetime
) -> list[FoundCustomer]:
    return customers_found.all(
        connection, start=start, stop=start + LAST, others=others, whole=whole, most=most, now=now
    )
