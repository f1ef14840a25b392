"""The tables of liability as files: the same figures as the screen, in full."""

from collections.abc import Iterator
from decimal import Decimal

from dashboard.engine.liability import CATEGORIES, Line, Owed, RollForward
from dashboard.pages.finance.liability.words import AGE_TITLES, CATEGORY_TITLES, LINE_TITLES, REASON_TITLES
from dashboard.reports.liability import Age, Liability
from dashboard.ui.exports import Column, Row

KINDS = (*CATEGORY_TITLES.values(), "All")
MEASURED = (
    *(Column(f"{kind}, credits", "credits") for kind in KINDS),
    *(Column(f"{kind}, list value, USD", "usd_exact") for kind in KINDS),
    *(Column(f"{kind}, deferred revenue, USD", "usd_exact") for kind in KINDS),
)
ROLL_COLUMNS = (Column("Line"), Column("Reason"), Column("Postings", "count"), *MEASURED)
TIME_COLUMNS = (Column("First day", "day"), Column("Line"), Column("Postings", "count"), *MEASURED)
AGE_COLUMNS = (Column("Expires"), Column("Grants", "count"), *MEASURED)


def roll_rows(found: RollForward, unit_usd: Decimal) -> tuple[list[Row], Row]:
    """Opening and every reason, and the closing they add up to."""
    rows: list[Row] = [["Opening", None, None, *_measured(found.opening.by_category, unit_usd)]]
    for line in found.lines:
        parts = [part for part in line.parts if part.key not in {"in", "out"}] or [line]
        rows += [_roll_row(line, part, unit_usd) for part in parts]
    return rows, ["Closing", None, None, *_measured(found.closing.by_category, unit_usd)]


def time_rows(found: Liability, unit_usd: Decimal) -> Iterator[Row]:
    """Every line of every bucket."""
    for on, one in found.by_bucket.items():
        for line in (one.opening, *one.lines, one.closing):
            counted = line.postings if line.key in LINE_TITLES and line.key not in {"opening", "closing"} else None
            yield [on, LINE_TITLES[line.key], counted, *_measured(line.by_category, unit_usd)]


def age_rows(found: Liability, unit_usd: Decimal) -> tuple[list[Row], Row]:
    """What expires when, and the closing it adds up to."""
    rows: list[Row] = [_age_row(age, unit_usd) for age in found.ages]
    total = ["All", sum(age.grants for age in found.ages), *_measured(found.whole.closing.by_category, unit_usd)]
    return rows, total


def _roll_row(line: Line, part: Line, unit_usd: Decimal) -> Row:
    reason = REASON_TITLES.get(part.key)
    return [LINE_TITLES[line.key], reason, part.postings, *_measured(part.by_category, unit_usd)]


def _age_row(age: Age, unit_usd: Decimal) -> Row:
    return [AGE_TITLES[age.key], age.grants, *_measured(age.by_category, unit_usd)]


def _measured(by_category: dict[str, Owed], unit_usd: Decimal) -> list[object]:
    kinds = [*(by_category[name] for name in CATEGORIES), sum(by_category.values(), Owed())]
    return [
        *(one.credits for one in kinds),
        *(one.list_usd(unit_usd) for one in kinds),
        *(one.deferred_usd for one in kinds),
    ]
