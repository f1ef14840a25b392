"""Incident batches and what they hold: read here, changed by the database's own functions alone."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.engine.incidents import Seen
from dashboard.sql import Query
from dashboard.store.columns import Count, Credits, Digest, Instant, Json, Small, Sum, Text, filled


class IncidentBatch(Base):
    """Many deductions to give back together; what was asked never changes, only how far it got."""

    __tablename__ = "incident_batch"
    __table_args__ = (
        ForeignKeyConstraint(["requested_by", "requested_person_id"], ["operator.id", "operator.person_id"]),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[Count] = filled()
    filter: Mapped[Json]
    cause: Mapped[Text]
    note: Mapped[Text | None]
    tells_customers: Mapped[bool] = filled()
    requested_by: Mapped[UUID]
    requested_person_id: Mapped[UUID]
    requested_at: Mapped[Instant]
    approval_id: Mapped[UUID | None] = mapped_column(ForeignKey("approval_request.id"))
    items_sha256: Mapped[Digest]
    deductions: Mapped[Count]
    customers: Mapped[Count]
    credits: Mapped[Sum]
    list_revenue_usd: Mapped[Sum]
    state: Mapped[Text]
    done: Mapped[Count] = filled()
    skipped: Mapped[Count] = filled()
    failed: Mapped[Count] = filled()
    credits_done: Mapped[Sum] = filled()
    started_at: Mapped[Instant | None]
    resumed_at: Mapped[Instant | None]
    handled_at_resume: Mapped[Count] = filled()
    progress_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    problem: Mapped[Text | None]
    customers_told: Mapped[bool] = filled()


class IncidentBatchItem(Base):
    """One deduction of a batch and what came of it: waiting, done, skipped or failed."""

    __tablename__ = "incident_batch_item"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("incident_batch.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[Count] = mapped_column(primary_key=True)
    credits: Mapped[Credits]
    reversed_before: Mapped[Credits]
    state: Mapped[Text] = filled()
    reversal_seq: Mapped[Count | None]
    reason: Mapped[Text | None]
    tries: Mapped[Small] = filled()
    handled_at: Mapped[Instant | None]
    told_at: Mapped[Instant | None]


@dataclass(frozen=True, slots=True)
class Opening:
    """What came of opening a batch: opened, stale or too_many; the rest is there when opened."""

    outcome: str
    number: int | None
    deductions: int | None
    customers: int | None
    credits: Decimal | None


@dataclass(frozen=True, slots=True)
class Moved:
    """Whether a batch was moved on."""

    moved: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """What a piece of work did: how many were handled, how many wait, and where the batch stands."""

    state: str | None
    handled: int
    waiting: int | None


@dataclass(frozen=True, slots=True)
class ToldCustomer:
    """A customer of an ended batch who is to be told, once: what they were given back and have now."""

    user_id: UUID
    deductions: int
    credits: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch that has work to do: deductions to give back, or customers to tell."""

    id: UUID
    number: int
    state: str


incident_seen = Query("incidents/seen", Seen)
open_batch = Query("incidents/open", Opening)
move_batch = Query("incidents/move", Moved)
run_items = Query("incidents/run", Progress)
untold_customers = Query("incidents/untold_customers", ToldCustomer)
batches_to_run = Query("incidents/to_run", OpenBatch)
