"""The laws of the books: each a file in queries/checks/ that returns what breaks it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from time import perf_counter_ns
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Subquery, column, func, literal, select, text, union_all

from dashboard.engine.proof import Break, Finding
from dashboard.reports.laws import SENTENCES
from dashboard.sql import Query

SHOWN = 10
NANOSECONDS = Decimal(10) ** 9
NOTICES = frozenset({"request_ids_belong_to_one_customer"})


@dataclass(frozen=True, slots=True)
class Law:
    """One law: its name, what it says in one sentence, and the query of what breaks it."""

    name: str
    sentence: str
    query: Query[Break]
    is_notice: bool


@dataclass(frozen=True, slots=True)
class Covered:
    """How many rows a law looks at."""

    law: str
    rows: int


@dataclass(frozen=True, slots=True)
class LawResult:
    """What a law found when it last ran."""

    law: str
    ran_at: datetime
    trigger: str
    rows_covered: int
    violations: int
    seconds: Decimal
    sample: Any


LAWS = tuple(
    Law(name, sentence, Query(f"checks/{name}", Break), name in NOTICES) for name, sentence in SENTENCES.items()
)
rows_covered = Query("control/rows_covered", Covered)
last_law_results = Query("control/last_law_results", LawResult)


def prove(connection: Connection) -> Iterator[Finding]:
    """Run the laws one by one in the connection's snapshot; yields what each found as it is found."""
    covered = {row.law: row.rows for row in rows_covered.all(connection)}
    for law in LAWS:
        yield _find(connection, law, covered[law.name])


def broken(connection: Connection) -> dict[str, int]:
    """Run all laws as one statement; returns how often each is broken, without those that hold and notices."""
    return {law: violations for law, violations in connection.execute(every_law()) if violations}


def every_law() -> CompoundSelect[str, int]:
    """Return one statement that counts what breaks each law, notices aside."""
    counts = [
        select(literal(law.name).label("law"), func.count().label("violations")).select_from(_breaks(law))
        for law in LAWS
        if not law.is_notice
    ]
    return union_all(*counts)


def _find(connection: Connection, law: Law, covered: int) -> Finding:
    breaks = _breaks(law)
    started = perf_counter_ns()
    found = connection.execute(select(breaks.c.object, breaks.c.detail, func.count().over()).limit(SHOWN)).all()
    return Finding(
        law=law.name,
        rows_covered=covered,
        violations=found[0][2] if found else 0,
        seconds=(perf_counter_ns() - started) / NANOSECONDS,
        sample=tuple(Break(row[0], row[1]) for row in found),
        is_notice=law.is_notice,
    )


def _breaks(law: Law) -> Subquery:
    source = law.query.source.rstrip().removesuffix(";")
    return text(source).columns(column("object"), column("detail")).subquery(law.name)
