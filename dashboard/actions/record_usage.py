"""Record what requests used: rate and charge them, each once, all or nothing."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from dashboard.db import transaction
from dashboard.engine.fields import as_uuid, shown
from dashboard.engine.usage import UsageEvent, plain, utc_text
from dashboard.store.catalogue import Provider
from dashboard.store.charging import Charged, charge_usage, own_keys
from dashboard.store.customers import Customer, UniqueKey

ZERO = Decimal(0)


class Keep(Enum):
    """What of a batch stays in the books: the good rows, all or nothing, or nothing (to see what it would do)."""

    GOOD = auto()
    ALL = auto()
    NONE = auto()


class NotKeptError(Exception):
    """Takes back what was charged to see what it would do."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one event: charged, replayed, or refused with a code and its reason."""

    outcome: str
    reason: str | None = None
    credits_due: Decimal = ZERO
    credits_deducted: Decimal = ZERO
    credits_uncovered: Decimal = ZERO
    cost_status: str | None = None

    @property
    def is_refused(self) -> bool:
        """Whether nothing of this event is in the books."""
        return self.reason is not None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Events ready to be charged: those that name somebody as JSON, the others refused by position."""

    events: Sequence[UsageEvent]
    payload: str
    refused: Mapping[int, Recorded]


@dataclass(frozen=True, slots=True)
class Found:
    """A customer whom an event names."""

    user_id: UUID
    status: str
    has_license: bool


def record_usage(
    events: Sequence[UsageEvent], *, import_run_id: UUID | None = None, simulated: bool = False
) -> list[Recorded]:
    """Charge events in one transaction and say what became of each, in order. Posting time is the database's."""
    return charge(prepare(events), import_run_id=import_run_id, simulated=simulated)


def prepare(events: Sequence[UsageEvent]) -> Prepared:
    """Find whom and what the events name; apart from charging, so that a long import does both at once."""
    with transaction() as session:
        providers = dict(session.execute(select(Provider.name, Provider.id)).all())
        customers = _customers(session, {event.customer for event in events})
        own_keys = _own_keys(session, events, customers)
    refused: dict[int, Recorded] = {}
    rows = []
    for position, event in enumerate(events):
        found = customers.get(event.customer)
        problem = _problem(event, found, has_provider=event.provider in providers)
        if problem or found is None:
            refused[position] = problem or Recorded("unknown_customer")
        else:
            row = _row(position, event, found.user_id, providers[event.provider])
            rows.append({**row, "key_mode": event.key_mode or ("own" if position in own_keys else "system")})
    return Prepared(events, json.dumps(rows), refused)


def charge(
    prepared: Prepared, *, import_run_id: UUID | None = None, simulated: bool = False, keep: Keep = Keep.GOOD
) -> list[Recorded]:
    """Charge what was prepared; should the books refuse it, it is halved until the one they refuse stands alone."""
    events = prepared.events
    if len(prepared.refused) == len(events):
        return list(prepared.refused.values())
    try:
        rows = _charged(prepared, import_run_id, keep, simulated=simulated)
    except (DataError, IntegrityError) as error:
        if len(events) == 1:
            return [Recorded("refused_by_the_books", str(error.orig).partition("\n")[0])]
    else:
        charged = {row.position: _recorded(row) for row in rows}
        return [prepared.refused.get(position) or charged[position] for position in range(len(events))]
    middle = len(events) // 2
    halves = (prepare(events[:middle]), prepare(events[middle:]))
    kept = Keep.NONE if keep is Keep.ALL else keep
    return [
        recorded
        for half in halves
        for recorded in charge(half, import_run_id=import_run_id, simulated=simulated, keep=kept)
    ]


def as_row(event: UsageEvent) -> dict[str, object]:
    """Return an event as the database's functions take it, but for whom and what it names."""
    return {
        "request_id": str(event.request_id),
        "external_id": event.external_id,
        "model_id": event.model,
        "service": event.service,
        "request_type": event.request_type,
        "status": event.status,
        "key_mode": event.key_mode,
        "input_tokens": event.tokens.uncached,
        "cached_input_tokens": event.tokens.cached,
        "cache_write_tokens": event.tokens.written,
        "output_tokens": event.tokens.output,
        "reported_cost_usd": None if event.vendor_cost_usd is None else plain(event.vendor_cost_usd),
        "cost_estimated": event.cost_estimated,
        "experiment_id": None if event.experiment_id is None else str(event.experiment_id),
        "metadata": None if event.metadata is None else json.loads(event.metadata),
        "body_sha256": event.body_sha256,
        "request_started_at": utc_text(event.started_at),
        "request_completed_at": event.completed_at and utc_text(event.completed_at),
    }


def _charged(prepared: Prepared, import_run_id: UUID | None, keep: Keep, *, simulated: bool) -> list[Charged]:
    rows: list[Charged] = []
    with suppress(NotKeptError), transaction() as session:
        rows = charge_usage.all(
            session.connection(), events=prepared.payload, simulated=simulated, import_run_id=import_run_id
        )
        is_whole = not prepared.refused and all(row.outcome != "conflict" for row in rows)
        if keep is Keep.NONE or (keep is Keep.ALL and not is_whole):
            raise NotKeptError
    return rows


def _customers(session: Session, named: set[str]) -> dict[str, Found]:
    """Find customers by id or by e-mail."""
    ids = {user_id: name for name in named if (user_id := as_uuid(name))}
    by_email = (
        select(UniqueKey.value, Customer.id, Customer.status, Customer.has_license)
        .join(Customer, Customer.id == UniqueKey.user_id)
        .where(UniqueKey.kind == "email", UniqueKey.value.in_(named.difference(ids.values())))
    )
    found = {row.value: Found(row.id, row.status, row.has_license) for row in session.execute(by_email)}
    if ids:
        by_id = select(Customer.id, Customer.status, Customer.has_license).where(Customer.id.in_(ids))
        found.update({ids[row.id]: Found(row.id, row.status, row.has_license) for row in session.execute(by_id)})
    return found


def _own_keys(session: Session, events: Sequence[UsageEvent], customers: Mapping[str, Found]) -> set[int]:
    """The positions of events that did not say whose key they used, while a licence of the customer's says: their own."""
    asked = [
        (position, customer.user_id, event.started_at)
        for position, event in enumerate(events)
        if event.key_mode is None and (customer := customers.get(event.customer)) and customer.has_license
    ]
    if not asked:
        return set()
    positions, users, moments = (list(column) for column in zip(*asked, strict=True))
    found = own_keys.all(session.connection(), positions=positions, users=users, moments=moments)
    return {row.position for row in found}


def _problem(event: UsageEvent, customer: Found | None, *, has_provider: bool) -> Recorded | None:
    if not has_provider:
        return Recorded("unknown_provider", f"no provider is called {shown(event.provider)}")
    if customer is None:
        return Recorded("unknown_customer", f"no customer is known as {shown(event.customer)}")
    if customer.status == "deleted":
        return Recorded("erased_customer", "this customer has been erased and takes no more usage")
    return None


def _row(position: int, event: UsageEvent, user_id: UUID, provider_id: UUID) -> dict[str, object]:
    return {**as_row(event), "position": position, "user_id": str(user_id), "provider_id": str(provider_id)}


def _recorded(row: Charged) -> Recorded:
    reason = (
        "this request id was recorded before with another body; the first stays" if row.outcome == "conflict" else None
    )
    return Recorded(row.outcome, reason, row.credits_due, row.credits_deducted, row.credits_uncovered, row.cost_status)
