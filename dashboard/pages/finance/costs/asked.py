"""What the page of costs was asked, read from its address."""

from dataclasses import dataclass
from datetime import date

from flask import request
from sqlalchemy import Connection

from dashboard.engine.periods import Period
from dashboard.pages.finance.filters import Select, chip_items, read_filters, replaced, selects
from dashboard.reports.choices import choices, customer_names
from dashboard.reports.filters import Filters
from dashboard.ui.links import Sort
from dashboard.ui.periods import PeriodChoice, read_period
from dashboard.ui.scales import Per

SORTS = ("name", "requests", "cost", "average")
DAYS_BY_DAY = 92


@dataclass(frozen=True, slots=True)
class Asked:
    """The period, the filters, the order of the tables, and what the address said wrongly."""

    choice: PeriodChoice
    filters: Filters
    sort: Sort
    per: Per
    selects: list[Select]
    replaced: list[str]
    chips: list[tuple[str, str]]
    problems: list[str]

    @property
    def period(self) -> Period:
        """The days shown."""
        return self.choice.period

    @property
    def beyond_models(self) -> bool:
        """Whether a filter is in force that the distribution does not know."""
        filters = self.filters
        return any((filters.tiers, filters.request_types, filters.key_modes, filters.statuses, filters.customers))


def asked(connection: Connection, today: date) -> Asked:
    """Read the address; what it says wrongly is named and left aside."""
    known = choices(connection)
    filters, problems = read_filters(known)
    choice = read_period(today)
    return Asked(
        choice=choice,
        filters=filters,
        sort=Sort.parse(request.args.get("sort"), SORTS, "-cost"),
        per="day" if choice.period.days <= DAYS_BY_DAY else "week",
        selects=selects(filters, known),
        replaced=replaced(filters),
        chips=chip_items(filters, known, customer_names(connection, filters.customers)),
        problems=problems,
    )
