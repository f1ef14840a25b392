"""A CSV of customers becomes customers with the plan each starts with."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from dashboard.actions.add_customers import add_customers, sold_tiers
from dashboard.actions.begin_import import begin_import
from dashboard.actions.end_import import Counts, end_import
from dashboard.engine.actors import Actor
from dashboard.engine.customers import COLUMNS, NewCustomer, read_customer
from dashboard.engine.errors import InvalidInputError
from dashboard.importers.rejects import RejectsFile
from dashboard.importers.rows import Row, read_rows

BATCH = 1_000


@dataclass(slots=True)
class Totals:
    """What became of a file of customers."""

    rows_read: int = 0
    added: int = 0
    known: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


def import_customers(path: Path, *, actor: Actor, now: datetime, rejects: RejectsFile) -> Totals:
    """Import the file; raise FileRefusedError, with nothing changed, if it is not a customers file."""
    totals, tiers = Totals(), sold_tiers()
    rows = read_rows(path, COLUMNS)
    batch = list(islice(rows, BATCH))
    run_id = begin_import("customers", path.name, now)
    while batch:
        totals.rows_read += len(batch)
        read = [(row, customer) for row in batch if (customer := _read(row, tiers, totals, rejects))]
        added = add_customers([customer for _, customer in read], actor=actor, now=now)
        for (row, _), result in zip(read, added, strict=True):
            totals.added += result.outcome == "added"
            totals.known += result.outcome == "known"
            if result.reason is not None:
                _reject(row, result.outcome, result.reason, totals, rejects)
        batch = list(islice(rows, BATCH))
    detail = {"rejected": dict(totals.rejected)}
    counts = Counts(totals.rows_read, totals.added, totals.known, totals.rejected.total(), detail)
    end_import(run_id, now, counts)
    return totals


def _read(row: Row, tiers: frozenset[str], totals: Totals, rejects: RejectsFile) -> NewCustomer | None:
    if row.code is not None:
        _reject(row, row.code, row.reason, totals, rejects)
        return None
    try:
        return read_customer(row.fields, tiers)
    except InvalidInputError as error:
        _reject(row, "bad_value", str(error), totals, rejects)
        return None


def _reject(row: Row, code: str, reason: str, totals: Totals, rejects: RejectsFile) -> None:
    totals.rejected[code] += 1
    rejects.add(row.line, code, reason, row.text)
