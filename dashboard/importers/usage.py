"""A CSV of requests becomes usage in the books: read twice, never held in memory, safe to repeat.

The first reading finds the span of time, so that the allowances are there
before the second one charges.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from uuid import UUID

from dashboard.actions.add_customers import add_customers
from dashboard.actions.allocate_period import allocate_period
from dashboard.actions.begin_import import begin_import
from dashboard.actions.end_import import Counts, end_import
from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.keep_rejects import RawReject, keep_rejects, mark_repaired, open_rejects
from dashboard.actions.record_usage import Prepared, Recorded, charge, prepare
from dashboard.engine import fields
from dashboard.engine.actors import Actor
from dashboard.engine.customers import EMAIL, first_seen
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.fields import FieldError
from dashboard.engine.usage import EARLIEST, UsageEvent, Window, fingerprint, read_usage
from dashboard.importers.rejects import RejectsFile
from dashboard.importers.rows import Row, read_rows

REQUIRED = (
    "request_id",
    "customer_email",
    "provider",
    "model",
    "service",
    "request_type",
    "status",
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "request_started_at",
    "request_completed_at",
)
OPTIONAL = ("cache_write_tokens", "key_mode", "vendor_cost_usd", "cost_estimated", "experiment_id", "metadata")
# A mistyped year must not grant a customer allowances for decades.
FURTHEST_AHEAD = timedelta(days=366)
BATCH = 2_000
BATCHES_AHEAD = 2
# What somebody here can repair: add the customer or the provider, and send the row again.
REPAIRABLE = frozenset({"unknown_customer", "unknown_provider"})
ZERO = Decimal(0)


@dataclass(slots=True)
class Totals:
    """What became of a file so far."""

    rows_in_file: int = 0
    rows_read: int = 0
    charged: int = 0
    replayed: int = 0
    unpriced: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    customers_added: int = 0
    allowances_posted: int = 0
    credits_due: Decimal = ZERO
    credits_deducted: Decimal = ZERO
    credits_uncovered: Decimal = ZERO

    def counts(self) -> Counts:
        """Return what the run keeps of this."""
        detail = {
            "unpriced": self.unpriced,
            "rejected": dict(self.rejected),
            "credits_due": str(self.credits_due),
            "credits_deducted": str(self.credits_deducted),
            "credits_uncovered": str(self.credits_uncovered),
        }
        return Counts(self.rows_read, self.charged, self.replayed, self.rejected.total(), detail)


@dataclass(slots=True)
class Survey:
    """What the first reading finds: how many rows, their span of time, and each customer's first request."""

    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    first_requests: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UsageImport:
    """One file on its way into the books."""

    path: Path
    actor: Actor
    now: datetime
    rejects: RejectsFile
    create_customers: bool = False
    progress: Callable[[Totals], None] = lambda _totals: None

    def run(self) -> Totals:
        """Import the file; raise FileRefusedError, with nothing changed, if it is not a usage file."""
        totals = Totals()
        survey = self._survey()
        totals.rows_in_file = survey.rows
        run_id = begin_import("usage", self.path.name, self.now)
        try:
            self._prepare(survey, totals)
            self._charge(run_id, totals)
            fold_usage()
        except BaseException:
            end_import(run_id, self.now, totals.counts(), "failed")
            raise
        end_import(run_id, self.now, totals.counts())
        return totals

    @property
    def window(self) -> Window:
        """When requests of a file may have started."""
        return Window(EARLIEST, self.now + FURTHEST_AHEAD)

    def _rows(self) -> Iterator[Row]:
        return read_rows(self.path, REQUIRED, OPTIONAL)

    def _survey(self) -> Survey:
        survey, window = Survey(), self.window
        for row in self._rows():
            survey.rows += 1
            started_at = _started_at(row, window)
            if started_at is not None:
                survey.first = min(survey.first or started_at, started_at)
                survey.last = max(survey.last or started_at, started_at)
                if self.create_customers:
                    _note_first_request(survey, row, started_at, window)
        return survey

    def _prepare(self, survey: Survey, totals: Totals) -> None:
        """Have the customers and their allowances there before anything is charged."""
        newcomers = [first_seen(email, start) for email, start in survey.first_requests.items()]
        added = add_customers(newcomers, actor=self.actor, now=self.now)
        totals.customers_added = sum(each.outcome == "added" for each in added)
        if survey.first is not None and survey.last is not None:
            until = survey.last + timedelta(microseconds=1)
            totals.allowances_posted = allocate_period(survey.first, until)

    def _charge(self, run_id: UUID, totals: Totals) -> None:
        """Read and prepare the next batches while the database charges one and folds earlier ones."""
        rows, waiting = self._rows(), open_rejects()
        charging: deque[tuple[list[tuple[Row, UsageEvent]], Future[list[Recorded]]]] = deque()
        folding: Future[int] | None = None
        with ThreadPoolExecutor(max_workers=1) as charger, ThreadPoolExecutor(max_workers=1) as folder:
            while batch := list(islice(rows, BATCH)):
                totals.rows_read += len(batch)
                read = [(row, event) for row in batch if (event := self._read(row, totals))]
                prepared = prepare([event for _, event in read])
                charging.append((read, charger.submit(copy_context().run, _charge_prepared, prepared, run_id)))
                if len(charging) > BATCHES_AHEAD:
                    self._settle(*charging.popleft(), run_id, totals, waiting)
                    if folding is None or folding.done():
                        folding = folder.submit(copy_context().run, fold_usage)
            while charging:
                self._settle(*charging.popleft(), run_id, totals, waiting)

    def _settle(
        self,
        read: list[tuple[Row, UsageEvent]],
        charged: Future[list[Recorded]],
        run_id: UUID,
        totals: Totals,
        waiting: set[bytes],
    ) -> None:
        """Count what became of a batch and keep what can be repaired."""
        kept, repaired = [], []
        for (row, _), result in zip(read, charged.result(), strict=True):
            _count(result, totals)
            if result.reason is not None:
                self._reject(row, result.outcome, result.reason, totals)
                if result.outcome in REPAIRABLE:
                    kept.append(RawReject(row.line, result.outcome, result.reason, _raw(row)))
            elif waiting and (key := fingerprint(_raw(row))) in waiting:
                repaired.append(key)
        if kept:
            keep_rejects(kept, import_run_id=run_id, now=self.now)
        if repaired:
            mark_repaired(repaired, self.now)
        self.progress(totals)

    def _read(self, row: Row, totals: Totals) -> UsageEvent | None:
        if row.code is not None:
            self._reject(row, row.code, row.reason, totals)
            return None
        try:
            return read_usage(_raw(row), self.window)
        except InvalidInputError as error:
            self._reject(row, "bad_value", str(error), totals)
            return None

    def _reject(self, row: Row, code: str, reason: str, totals: Totals) -> None:
        totals.rejected[code] += 1
        self.rejects.add(row.line, code, reason, row.text)


def _charge_prepared(prepared: Prepared, run_id: UUID) -> list[Recorded]:
    return charge(prepared, import_run_id=run_id)


def _raw(row: Row) -> dict[str, str]:
    """Return the fields as the rules name them: the customer may be named by e-mail or by id."""
    raw = dict(row.fields)
    raw["customer"] = raw.pop("customer_email")
    return raw


def _started_at(row: Row, window: Window) -> datetime | None:
    try:
        moment = fields.instant(row.fields.get("request_started_at"))
    except FieldError:
        return None
    return moment if window.earliest <= moment <= window.latest else None


def _note_first_request(survey: Survey, row: Row, started_at: datetime, window: Window) -> None:
    """Only a request that can be taken makes its sender a customer."""
    email = row.fields["customer_email"].strip().lower()
    earlier = survey.first_requests.get(email)
    if EMAIL.fullmatch(email) and (earlier is None or started_at < earlier):
        try:
            read_usage(_raw(row), window)
        except InvalidInputError:
            return
        survey.first_requests[email] = started_at


def _count(result: Recorded, totals: Totals) -> None:
    if result.outcome == "replayed":
        totals.replayed += 1
    elif result.outcome == "charged":
        totals.charged += 1
        totals.unpriced += result.cost_status == "unpriced"
        totals.credits_due += result.credits_due
        totals.credits_deducted += result.credits_deducted
        totals.credits_uncovered += result.credits_uncovered
