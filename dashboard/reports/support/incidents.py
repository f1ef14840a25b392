"""Incident batches as pages read them: the preview, the record, its deductions and customers; and all reversals."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.incidents import (
    LEFT_OUT,
    MOST_DEDUCTIONS,
    IncidentFilter,
    Seen,
    a_second,
    code_of,
    filter_of,
    seconds_left,
    standing_of,
    written,
)
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class IncidentPart:
    """A part of what a filter comes to: all of it, or one standing, model, tier, day or customer; credits, USD."""

    part: str
    title: str
    provider: str
    customer_id: UUID | None
    found: int
    deductions: int
    customers: int
    credits_taken: Decimal
    credits_returned: Decimal
    credits_lost: Decimal
    credits: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal

    @property
    def day(self) -> date:
        """The day, of a part that is one."""
        return date.fromisoformat(self.title)


@dataclass(frozen=True, slots=True)
class IncidentSample:
    """A deduction as it would be given back."""

    customer_id: UUID
    seq: int
    request_id: UUID
    customer: str
    model: str
    started_at: datetime
    credits_taken: Decimal
    credits_returned: Decimal
    credits: Decimal


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch as it stands: what was asked, who approved, how far it is."""

    id: UUID
    number: int
    filter: Any
    cause: str
    note: str | None
    tells_customers: bool
    customers_told: bool
    requested_at: datetime
    requested_by: str
    approval_id: UUID | None
    approval_state: str | None
    decide_by: datetime | None
    decided_at: datetime | None
    decision_reason: str | None
    decided_by: str | None
    deductions: int
    customers: int
    credits: Decimal
    list_revenue_usd: Decimal
    state: str
    done: int
    skipped: int
    failed: int
    credits_done: Decimal
    started_at: datetime | None
    resumed_at: datetime | None
    handled_at_resume: int
    progress_at: datetime | None
    finished_at: datetime | None
    problem: str | None

    @property
    def code(self) -> str:
        """Its name: IB-0007."""
        return code_of(self.number)

    @property
    def standing(self) -> str:
        """Where it stands, with the fate of its approval."""
        return standing_of(self.state, self.approval_state)

    @property
    def asked(self) -> IncidentFilter:
        """Which deductions were asked for."""
        return filter_of(self.filter)

    @property
    def handled(self) -> int:
        """How many had their turn."""
        return self.done + self.skipped + self.failed

    @property
    def waiting(self) -> int:
        """How many wait for theirs."""
        return self.deductions - self.handled

    @property
    def is_moving(self) -> bool:
        """Whether a worker is at it, or will be."""
        return self.state in {"queued", "running"} or (
            self.tells_customers and not self.customers_told and self.finished_at is not None
        )

    @property
    def rate(self) -> int | None:
        """Deductions a second of the run under way, or of the last."""
        return a_second(self.handled - self.handled_at_resume, self.resumed_at, self.progress_at)

    @property
    def seconds_left(self) -> int | None:
        """How long the rest takes at this rate."""
        return seconds_left(self.waiting, self.rate)


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A deduction of a batch, and what came of it."""

    customer_id: UUID
    seq: int
    request_id: UUID | None
    customer: str
    model: str | None
    started_at: datetime
    credits_taken: Decimal
    reversed_before: Decimal
    credits: Decimal
    state: str
    reason: str | None
    reversal_seq: int | None
    tries: int
    handled_at: datetime | None

    @property
    def why(self) -> str:
        """Why it was left as it is, in words."""
        return LEFT_OUT.get(self.reason or "", self.reason or "")


@dataclass(frozen=True, slots=True)
class BatchCustomer:
    """What one customer of a batch got back."""

    customer_id: UUID
    customer: str
    deductions: int
    done: int
    left_out: int
    credits: Decimal
    is_told: bool


@dataclass(frozen=True, slots=True)
class BatchReason:
    """Why some deductions were left out, or failed."""

    state: str
    reason: str
    deductions: int
    credits: Decimal

    @property
    def words(self) -> str:
        """The reason as people read it."""
        return LEFT_OUT.get(self.reason, f"The books refused it, {self.reason}")


@dataclass(frozen=True, slots=True)
class Service:
    """A service requests came from."""

    service: str


@dataclass(frozen=True, slots=True)
class NamedForBatch:
    """A customer as typed, and who that is; None if nobody."""

    name: str
    customer_id: UUID | None


@dataclass(frozen=True, slots=True)
class BatchUnderWay:
    """A batch that has not ended."""

    id: UUID
    number: int

    @property
    def code(self) -> str:
        """Its name: IB-0007."""
        return code_of(self.number)


@dataclass(frozen=True, slots=True)
class ReversalLine:
    """A single reversal, or a batch as one line; a batch has a number, and `place_id` is its id."""

    at: datetime
    place_id: UUID
    place_seq: int
    number: int | None
    customer: str | None
    reverses_seq: int | None
    deductions: int
    customers: int
    credits: Decimal
    credits_done: Decimal
    cause: str | None
    state: str
    by_whom: str | None
    approval_id: UUID | None


preview_parts = Query("support/incident_preview", IncidentPart)
preview_samples = Query("support/incident_samples", IncidentSample)
batch_record = Query("support/incident_batch", BatchRecord)
batch_items = Query("support/incident_batch_items", BatchItem)
batch_customers = Query("support/incident_batch_customers", BatchCustomer)
batch_reasons = Query("support/incident_batch_reasons", BatchReason)
services = Query("support/incident_services", Service)
customers_named = Query("support/incident_customers_named", NamedForBatch)
batches_under_way = Query("support/incident_under_way", BatchUnderWay)
reversals = Query("support/reversals", ReversalLine)


@dataclass(frozen=True, slots=True)
class IncidentPreview:
    """What a batch would do; `seen` is what an order of it is bound to."""

    seen: Seen
    parts: Sequence[IncidentPart]
    samples: Sequence[IncidentSample]

    @property
    def whole(self) -> IncidentPart:
        """All of it."""
        return next(part for part in self.parts if part.part == "all")

    def of(self, part: str) -> list[IncidentPart]:
        """The standings, models, tiers, days or customers."""
        return [one for one in self.parts if one.part == part]

    @property
    def is_too_large(self) -> bool:
        """Whether the filter names more than a batch takes."""
        return self.seen.found > MOST_DEDUCTIONS

    @property
    def sha256(self) -> str:
        """The fingerprint, hex; empty if there is nothing to give back."""
        return (self.seen.items_sha256 or b"").hex()


def preview(connection: Connection, asked: IncidentFilter, seen: Seen) -> IncidentPreview:
    """Read what a filter comes to, in the snapshot in which it was `seen`."""
    given = {"filter": json.dumps(written(asked)), "most": MOST_DEDUCTIONS}
    return IncidentPreview(seen, preview_parts.all(connection, **given), preview_samples.all(connection, **given))
