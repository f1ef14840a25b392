"""What the simulator was asked: all of it stands in its address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from flask import request
from sqlalchemy import Connection

from dashboard.engine import scenarios
from dashboard.engine.fields import FieldError
from dashboard.engine.impact import MOST_SCENARIOS, Assumptions, RuleChange, Scenario
from dashboard.engine.scenarios import NamedScenario
from dashboard.pages.pricing.simulator.narrowing import Narrowed, narrowed
from dashboard.reports.choices import Choices, choices
from dashboard.reports.pricing.proposal_facts import provider_of_models
from dashboard.ui import format as written
from dashboard.ui.links import url_with
from dashboard.ui.periods import PeriodChoice, read_period

# Fields that change the address once and are not kept in it.
ONCE = ("into", "new_name", "new_tier", "new_provider", "new_model", "new_multiplier", "new_step")
ASSUMED = {"volume": (Decimal(-100), Decimal(1000)), "leaving": (Decimal(0), Decimal(100))}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chip:
    """One rule of a scenario, in words, and the address without it."""

    words: str
    without: str


@dataclass(frozen=True, slots=True)
class Column:
    """A scenario as it stands on the page: its name, its line, its rules, and the address without it."""

    no: int
    name: str
    line: str
    named: NamedScenario
    chips: list[Chip]
    without: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The scenarios, the days, the filters and what is supposed; what was wrong is named by field or in a list."""

    scenarios: list[NamedScenario]
    columns: list[Column]
    choice: PeriodChoice
    narrowed: Narrowed
    choices: Choices
    provider_of: Mapping[str, str]
    assumptions: Assumptions
    typed: dict[str, str]
    errors: dict[str, str]
    problems: list[str]
    wants_run: bool

    @property
    def changes_anything(self) -> bool:
        """Whether there is a scenario to compare with what holds."""
        return any(not one.is_empty for one in self.scenarios)


def asked(connection: Connection, today: date) -> Asked:
    """Read the address; what it says wrongly is named and left aside."""
    known = choices(connection)
    traffic = narrowed(known)
    found, unread = scenarios.read(request.args.getlist("s"))
    errors: dict[str, str] = {}
    assumptions = Assumptions(*(_assumed(name, errors) for name in ASSUMED))
    return Asked(
        scenarios=found,
        columns=[_column(no, one, found, known) for no, one in enumerate(found, 1)],
        choice=read_period(today),
        narrowed=traffic,
        choices=known,
        provider_of=provider_of_models(connection),
        assumptions=assumptions,
        typed={name: request.args.get(name, "") for name in (*ONCE, *ASSUMED)},
        errors=errors,
        problems=[*traffic.problems, *unread],
        wants_run=request.args.get("run") == "yes",
    )


def added(question: Asked) -> str | None:
    """The address with what was just typed added; None if nothing was, or it cannot be taken and `errors` says why."""
    typed = question.typed
    if not any(typed[name].strip() for name in ONCE if name != "into"):
        return None
    into = typed["into"]
    number = int(into) if into.isascii() and into.isdigit() and len(into) == 1 else 0
    is_new = not 1 <= number <= len(question.scenarios)
    if is_new and len(question.scenarios) >= MOST_SCENARIOS:
        question.errors["into"] = f"{MOST_SCENARIOS} scenarios stand side by side at most; take one out first."
        return None
    name = typed["new_name"].strip()[: scenarios.LONGEST_NAME]
    target = NamedScenario(name, Scenario()) if is_new else question.scenarios[number - 1]
    if name and name.isprintable():
        target = replace(target, name=name)
    changed = _extended(target, typed, question.provider_of, question.errors)
    if question.errors:
        return None
    lines = [*question.scenarios, changed] if is_new else _swapped(question.scenarios, number - 1, changed)
    return address(lines)


def address(lines: list[NamedScenario]) -> str:
    """The simulator's address with these scenarios, the rest as it is."""
    return url_with(s=[scenarios.written(one) for one in lines], **dict.fromkeys((*ONCE, "kept")))


def words_of(change: RuleChange, known: Choices) -> str:
    """A rule in words: `Pro, gpt-4o: 1.40`."""
    names = [
        titles.get(name, name)
        for name, titles in (
            (change.tier, known.tiers),
            (change.provider, known.providers),
            (change.model, known.models),
        )
        if name
    ]
    return ", ".join(names)


def name_of(no: int, named: NamedScenario) -> str:
    """What a scenario is called; one without a name is counted."""
    return named.name or f"Scenario {no}"


def _extended(
    target: NamedScenario, typed: dict[str, str], provider_of: Mapping[str, str], errors: dict[str, str]
) -> NamedScenario:
    rule = [typed[name].strip() for name in ("new_tier", "new_provider", "new_model")]
    # A rule of a model and its provider outranks one of the model alone: where there is only one, it is meant.
    rule[1] = rule[1] or provider_of.get(rule[2], "")
    multiplier, step = typed["new_multiplier"].strip(), typed["new_step"].strip()
    if multiplier or any(rule):
        change = _taken("new_multiplier", lambda: scenarios.rule_change(rule[0], rule[1], rule[2], multiplier), errors)
        if change is not None:
            target = _taken("new_multiplier", lambda: scenarios.with_rule(target, change), errors) or target
    if step:
        increment = _taken("new_step", lambda: scenarios.increment_of(step), errors)
        target = scenarios.with_increment(target, increment) if increment else target
    return target


def _column(no: int, named: NamedScenario, found: list[NamedScenario], known: Choices) -> Column:
    def with_(changed: NamedScenario) -> str:
        return address(_swapped(found, no - 1, changed))

    chips = [
        Chip(
            f"{words_of(change, known)}: {written.multiplier(change.multiplier)}",
            with_(scenarios.without_rule(named, change)),
        )
        for change in named.scenario.changes
    ]
    if named.scenario.increment is not None:
        step = f"Steps of {named.scenario.increment.normalize():f}"
        chips.append(Chip(step, with_(scenarios.with_increment(named, None))))
    others = [one for place, one in enumerate(found, 1) if place != no]
    return Column(no, name_of(no, named), scenarios.written(named), named, chips, address(others))


def _swapped(found: list[NamedScenario], place: int, changed: NamedScenario) -> list[NamedScenario]:
    return [changed if at == place else one for at, one in enumerate(found)]


def _assumed(name: str, errors: dict[str, str]) -> Decimal:
    text = request.args.get(name, "").strip()
    least, most = ASSUMED[name]
    if not text:
        return Decimal(0)
    return _taken(name, lambda: scenarios.percent_of(text, least=least, most=most), errors) or Decimal(0)


def _taken(name: str, take: Callable[[], T], errors: dict[str, str]) -> T | None:
    try:
        return take()
    except FieldError as error:
        errors[name] = f"This {error}."
        return None
