"""What the page of customers was asked, read from its address."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import request
from sqlalchemy import Connection

from dashboard.engine.profitability import Account, Value
from dashboard.pages.finance.filters import Select, chip_items, read_filters, replaced, selects
from dashboard.reports.choices import choices, customer_names
from dashboard.reports.margins import Question
from dashboard.ui.links import Sort, url_with
from dashboard.ui.periods import PeriodChoice, read_period

VALUES = {"list": "List", "realised": "Realised"}
VIEWS = {"cash": "On the day given back", "corrected": "On the day of the request"}
WHICH = {"": "All", "losing": "Losing money", "unpaid": "Cost us, paid nothing", "free": "On a free tier"}
SORTS = ("name", "requests", "credits", "revenue", "cost", "margin", "percent")
WORST_FIRST = ("losing", "unpaid")
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """The question, which customers are listed in which order, and from where on."""

    choice: PeriodChoice
    question: Question
    value: Value
    which: str
    sort: Sort
    after: str | None
    selects: list[Select]
    replaced: list[str]
    chips: list[tuple[str, str]]
    tiers: dict[str, str]
    problems: list[str]

    def lists(self, account: Account, free_tiers: tuple[str, ...]) -> bool:
        """Whether the list shows this customer."""
        if self.which == "losing":
            return self.value.loses(account)
        if self.which == "unpaid":
            return account.pays_nothing
        return self.which != "free" or bool(account.of_tiers(free_tiers).requests)


def asked(connection: Connection, today: date) -> Asked:
    """Read the address; what it says wrongly is named and left aside."""
    known = choices(connection)
    filters, problems = read_filters(known)
    choice = read_period(today)
    which = _one_of("which", WHICH, "", problems)
    corrected = _one_of("reversals", VIEWS, "cash", problems) == "corrected"
    chips = chip_items(filters, known, customer_names(connection, filters.customers))
    if which:
        chips.append((WHICH[which], url_with(which=None, cursor=None)))
    if corrected:
        chips.append(("As corrected by reversals", url_with(reversals=None, cursor=None)))
    return Asked(
        choice=choice,
        question=Question(choice.period, filters, ("customer", "tier"), as_corrected=corrected),
        value=Value(realised=_one_of("value", VALUES, "list", problems) == "realised"),
        which=which,
        sort=Sort.parse(request.args.get("sort"), SORTS, "margin" if which in WORST_FIRST else "-margin"),
        after=_cursor(problems),
        selects=selects(filters, known),
        replaced=[*replaced(filters), "value", "reversals", "which"],
        chips=chips,
        tiers=known.tiers,
        problems=problems,
    )


def _one_of(name: str, known: dict[str, str], default: str, problems: list[str]) -> str:
    value = request.args.get(name) or default
    if value in known:
        return value
    problems.append(f"The address asks for an unknown {name}; the page is shown by {known[default].lower()}.")
    return default


def _cursor(problems: list[str]) -> str | None:
    text = request.args.get("cursor", "")[:LONGEST]
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        problems.append("The place in the list could not be read; it is shown from its start.")
        return None
