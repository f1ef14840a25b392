"""Which rows the address asks for."""

from dataclasses import dataclass
from datetime import date

from flask import request
from sqlalchemy import Connection

from dashboard.pages.finance.filters import Select, chip_items, read_filters, replaced, selects
from dashboard.pages.finance.ledger_rows.place import Cursor, read_cursor
from dashboard.reports.choices import choices, customer_names
from dashboard.reports.ledger_rows import Narrowing
from dashboard.ui.links import url_with
from dashboard.ui.periods import PeriodChoice, read_period

COST_TITLES = {"priced": "Priced", "estimated": "Estimated", "unpriced": "Unpriced", "none": "Without a cost"}
COVER_TITLES = {"yes": "Uncovered only"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The period, what it is narrowed to, the place in it, and what the address said wrongly."""

    choice: PeriodChoice
    narrowing: Narrowing
    cursor: Cursor | None
    selects: list[Select]
    replaced: list[str]
    chips: list[tuple[str, str]]
    problems: list[str]
    tiers: dict[str, str]


def asked(connection: Connection, today: date) -> Asked:
    """Read the address; what it says wrongly is named and left aside."""
    known = choices(connection)
    filters, problems = read_filters(known)
    cost = _one_of("cost_status", COST_TITLES, problems)
    cover = _one_of("uncovered", COVER_TITLES, problems)
    chips = chip_items(filters, known, customer_names(connection, filters.customers))
    if cost:
        chips.append((f"Cost: {COST_TITLES[cost]}", url_with(cost_status=None, cursor=None)))
    if cover:
        chips.append((COVER_TITLES[cover], url_with(uncovered=None, cursor=None)))
    return Asked(
        choice=read_period(today),
        narrowing=Narrowing(filters, cost, uncovered=cover is not None),
        cursor=_cursor(problems),
        selects=[
            *selects(filters, known),
            Select("cost_status", "Cost", list(COST_TITLES.items()), cost or "", "All"),
            Select("uncovered", "Cover", list(COVER_TITLES.items()), cover or "", "All"),
        ],
        replaced=[*replaced(filters), "cost_status", "uncovered"],
        chips=chips,
        problems=problems,
        tiers=known.tiers,
    )


def _one_of(name: str, known: dict[str, str], problems: list[str]) -> str | None:
    value = request.args.get(name, "")
    if value and value not in known:
        problems.append(f"The address asks for an unknown {name.replace('_', ' ')}; the page is shown without it.")
    return value if value in known else None


def _cursor(problems: list[str]) -> Cursor | None:
    text = request.args.get("cursor", "")
    found = read_cursor(text) if text else None
    if text and found is None:
        problems.append("The place in the list could not be read; the newest rows are shown.")
    return found
