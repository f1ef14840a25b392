"""What the explorer was asked, read from its address."""

from dataclasses import dataclass
from datetime import date

from flask import request
from sqlalchemy import Connection

from dashboard.pages.finance.filters import chip_items, read_filters
from dashboard.reports.choices import Choices, choices, customer_names
from dashboard.reports.margins import PERS, Path, Question
from dashboard.ui.links import Sort, url_with
from dashboard.ui.periods import PeriodChoice, read_period

GROUPINGS = {
    "provider,model,tier": "Provider, model, tier",
    "tier,provider,model": "Tier, provider, model",
    "model,tier": "Model, tier",
    "tier,model": "Tier, model",
    "provider,tier": "Provider, tier",
    "customer": "Customer",
    "tier,customer": "Tier, customer",
    "customer,model": "Customer, model",
    "provider": "Provider",
    "model": "Model",
    "tier": "Tier",
    "request_type": "Request type",
    "key_mode": "Key mode",
}
PER_TITLES = {"day": "Day", "week": "Week", "month": "Month"}
VALUES = {"list": "List", "realised": "Realised"}
VIEWS = {"cash": "On the day given back", "corrected": "On the day of the request"}
SORTS = ("name", "requests", "credits", "revenue", "cost", "margin", "percent")
DAYS_BY_DAY = 92
JOIN = "~"


@dataclass(frozen=True, slots=True)
class Asked:
    """The question, and how its answer is to be shown."""

    choice: PeriodChoice
    question: Question
    grouping: str
    realised: bool
    sort: Sort
    opened: frozenset[Path]
    all_open: bool
    chosen_open: bool
    explained: Path | None
    choices: Choices
    chips: list[tuple[str, str]]
    problems: list[str]

    def is_open(self, path: Path, *, first: bool) -> bool:
        """Whether the inside of this group is shown; unasked, the first group is."""
        return self.all_open or path in self.opened or (first and not self.chosen_open)


def asked(connection: Connection, today: date) -> Asked:
    """Read the address; what it says wrongly is named and left aside."""
    known = choices(connection)
    filters, problems = read_filters(known)
    choice = read_period(today)
    grouping = _one_of("group", GROUPINGS, "provider,model,tier", problems)
    per = _one_of("per", PER_TITLES, "day" if choice.period.days <= DAYS_BY_DAY else "week", problems)
    corrected = _one_of("reversals", VIEWS, "cash", problems) == "corrected"
    chips = chip_items(filters, known, customer_names(connection, filters.customers))
    if corrected:
        chips.append(("As corrected by reversals", url_with(reversals=None)))
    opened = request.args.getlist("open")
    return Asked(
        choice=choice,
        question=Question(
            choice.period,
            filters,
            tuple(grouping.split(",")),
            next(known_per for known_per in PERS if known_per == per),
            corrected,
        ),
        grouping=grouping,
        realised=_one_of("value", VALUES, "list", problems) == "realised",
        sort=Sort.parse(request.args.get("sort"), SORTS, "-margin"),
        opened=frozenset(path_of(one) for one in opened),
        all_open="all" in opened,
        chosen_open=bool(opened),
        explained=_explained(),
        choices=known,
        chips=chips,
        problems=problems,
    )


def path_of(text: str) -> Path:
    """Read a group's path from the address."""
    return tuple(text.split(JOIN)) if text else ()


def written(path: Path) -> str:
    """Write a group's path for the address."""
    return JOIN.join(path)


def _explained() -> Path | None:
    text = request.args.get("explain")
    if text is None:
        return None
    return () if text == "all" else path_of(text)


def _one_of(name: str, known: dict[str, str], default: str, problems: list[str]) -> str:
    value = request.args.get(name, default)
    if value in known:
        return value
    problems.append(f"The address asks for an unknown {name}; the page is shown by {known[default].lower()}.")
    return default
