"""Scenarios of the simulator as one line of text each, so that an address holds all of them.

`Cheaper pro;pro/*/*:1.4;*/openai/gpt-4o:1.3;step:0.1` is a name, two rules (tier/provider/model:multiplier, `*` for
any) and an increment of credits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import quote, unquote

from dashboard.engine.fields import FieldError, amount
from dashboard.engine.impact import MOST_SCENARIOS, RuleChange, Scenario
from dashboard.engine.money import decimals

MOST_RULES = 20
LONGEST_NAME = 60
LONGEST_PART = 200
MOST_MULTIPLIER = Decimal("99.99")
MULTIPLIER_DECIMALS = 4
MOST_INCREMENT = Decimal(999_999)
INCREMENT_DECIMALS = 6
MOST_PERCENT = Decimal(1000)
PERCENT_DECIMALS = 2
ANY = "*"
STEP = "step:"
SAFE = " -_."


@dataclass(frozen=True, slots=True)
class NamedScenario:
    """A scenario and what somebody calls it."""

    name: str
    scenario: Scenario

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not self.scenario.changes and self.scenario.increment is None


def scope_of(tier: str | None, provider: str | None, model: str | None) -> str | None:
    """What kind of rule speaks of these; None when of everything."""
    if tier:
        return "combination" if provider or model else "tier"
    return "model" if model else ("provider" if provider else None)


def rule_change(tier: str, provider: str, model: str, multiplier: str) -> RuleChange:
    """Read one rule as typed; FieldError says what is wrong with it."""
    scope = scope_of(tier, provider, model)
    if scope is None:
        raise FieldError("names no tier, provider or model: choose at least one")
    number = amount(multiplier.strip(), MOST_MULTIPLIER, MULTIPLIER_DECIMALS)
    if number == 0:
        raise FieldError("must be above zero")
    return RuleChange(scope, number, tier or None, provider or None, model or None)


def increment_of(text: str) -> Decimal:
    """Read an increment of credits as typed; FieldError says what is wrong with it."""
    number = amount(text.strip(), MOST_INCREMENT, INCREMENT_DECIMALS)
    if number == 0:
        raise FieldError("must be above zero")
    return number


def percent_of(text: str, *, least: Decimal, most: Decimal) -> Decimal:
    """Read an assumption in per cent as typed, which may be negative; FieldError says what is wrong with it."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    number = amount(plain.removeprefix("-"), MOST_PERCENT, PERCENT_DECIMALS)
    number = -number if plain.startswith("-") else number
    if not least <= number <= most:
        raise FieldError(f"must be from {least} to {most}")
    return number


def written(named: NamedScenario) -> str:
    """Write a scenario as one line."""
    rules = [f"{_place(rule)}:{_plain(rule.multiplier)}" for rule in named.scenario.changes]
    step = [] if named.scenario.increment is None else [f"{STEP}{_plain(named.scenario.increment)}"]
    return ";".join([quote(named.name, safe=SAFE), *rules, *step])


def read(lines: Sequence[str]) -> tuple[list[NamedScenario], list[str]]:
    """Read scenarios from their lines; what cannot be read is left aside and named."""
    problems = []
    if len(lines) > MOST_SCENARIOS:
        problems.append(f"Only the first {MOST_SCENARIOS} scenarios are compared.")
    return [_read(line, problems) for line in lines[:MOST_SCENARIOS]], problems


def with_rule(named: NamedScenario, change: RuleChange) -> NamedScenario:
    """Add a rule; one of the same scope is replaced."""
    kept = tuple(one for one in named.scenario.changes if _place(one) != _place(change))
    if len(kept) >= MOST_RULES:
        raise FieldError(f"has {MOST_RULES} rules already; take one out first")
    return replace(named, scenario=replace(named.scenario, changes=(*kept, change)))


def without_rule(named: NamedScenario, change: RuleChange) -> NamedScenario:
    """Take a rule out."""
    kept = tuple(one for one in named.scenario.changes if one != change)
    return replace(named, scenario=replace(named.scenario, changes=kept))


def with_increment(named: NamedScenario, increment: Decimal | None) -> NamedScenario:
    """Round charges up to other steps, or to those there are."""
    return replace(named, scenario=replace(named.scenario, increment=increment))


def _read(line: str, problems: list[str]) -> NamedScenario:
    head, *parts = line.split(";")
    name = "".join(one for one in unquote(head) if one.isprintable()).strip()[:LONGEST_NAME]
    named = NamedScenario(name, Scenario())
    for part in parts:
        try:
            if part.startswith(STEP):
                named = with_increment(named, increment_of(part.removeprefix(STEP)))
            else:
                named = with_rule(named, _rule(part))
        except FieldError as error:
            problems.append(f"“{_shown(part)}” {error}; it is left aside.")
    return named


def _rule(part: str) -> RuleChange:
    place, _, multiplier = part.rpartition(":")
    names = tuple("" if one == ANY else unquote(one) for one in place.split("/"))
    if len(names) != len((ANY, ANY, ANY)) or not all(
        name.isprintable() and len(name) <= LONGEST_PART for name in names
    ):
        raise FieldError("is not a rule, such as pro/*/*:1.4")
    tier, provider, model = names
    return rule_change(tier, provider, model, multiplier)


def _place(rule: RuleChange) -> str:
    return "/".join(ANY if name is None else quote(name, safe=SAFE) for name in (rule.tier, rule.provider, rule.model))


def _plain(number: Decimal) -> str:
    return f"{number:.{decimals(number)}f}"


def _shown(text: str) -> str:
    printable = "".join(one for one in text if one.isprintable())
    return printable if len(printable) <= LONGEST_NAME else f"{printable[:LONGEST_NAME]}…"
