"""Impact: real usage rated again under other prices. Here: which rates hold, as the live cascade decides.

The database multiplies, rounds and adds up a million requests at a time (queries/pricing/replay); which
multiplier each gets is decided here, by `rating.winning_rule`, and nowhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, Inexact, localcontext
from math import gcd
from uuid import UUID

from dashboard.engine.credits import Policy
from dashboard.engine.money import EXACT
from dashboard.engine.rating import DEFAULT_MULTIPLIER, Rule, winning_rule
from dashboard.engine.rules import DatedRule

MOST_SCENARIOS = 5
CREDIT_DECIMALS = 6
# Rules nobody has approved are counted from here, where no id is, instead of having one.
PROPOSED = 2**128 - 2**32
# The sets of prices that are replayed: those of the time, today's over the whole window, then the scenarios.
OF_THE_TIME, TODAY, FIRST_SCENARIO = 0, 1, 2


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A multiplier for one scope, as a proposal or a scenario says it; provider by its name."""

    scope_type: str
    multiplier: Decimal
    tier: str | None = None
    provider: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What would be different: rules that hold all the window, and perhaps another increment of credits."""

    changes: tuple[RuleChange, ...] = ()
    increment: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The moment whose prices a scenario is compared with; a price that is itself replayed is not one of them."""

    at: datetime
    without: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is to be replayed: scenarios, or one version of a price, over a window [start, end) as of a moment."""

    window: tuple[datetime, datetime]
    scenarios: Sequence[Scenario]
    as_of: datetime
    config_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What somebody supposes customers will do; never part of a replay, only laid over its result."""

    volume_percent: Decimal = Decimal(0)
    leaving_percent: Decimal = Decimal(0)

    @property
    def are_made(self) -> bool:
        """Whether anything is supposed at all."""
        return bool(self.volume_percent or self.leaving_percent)

    @property
    def factor(self) -> Decimal:
        """What remains of use: (1 + volume) × (1 − leaving)."""
        with localcontext(EXACT):
            return (100 + self.volume_percent) * (100 - self.leaving_percent) / 10000


@dataclass(frozen=True, slots=True)
class Pair:
    """What was used on a tier: a model of a provider."""

    tier: str
    provider_id: UUID
    model_id: str


@dataclass(frozen=True, slots=True)
class Term:
    """What one scenario charges for a rate: the multiplier and the policy."""

    multiplier: Decimal
    policy: Policy

    @property
    def step_usd(self) -> Decimal:
        """The value of one increment, USD."""
        with localcontext(EXACT):
            return self.policy.unit_usd * self.policy.increment

    @property
    def factor(self) -> Decimal | None:
        """Multiplier ÷ step where the quotient ends within 18 decimals; None where dividing would round."""
        with localcontext(EXACT) as context:
            context.traps[Inexact] = True
            try:
                found = (self.multiplier / self.step_usd).quantize(Decimal("1e-18"))
            except Inexact:
                return None
            return found.normalize()


@dataclass(frozen=True, slots=True)
class Rate:
    """The terms of a pair between two moments: those of the time, today's, then those of each scenario."""

    no: int
    pair: Pair
    starts_at: datetime
    ends_at: datetime
    terms: tuple[Term, ...]
    decided_by: tuple[UUID | None, ...]

    def is_changed(self, place: int) -> bool:
        """Whether a set of prices says anything about this rate: another rule decides, or another increment rounds."""
        return self.change_of(place) is not None or self.terms[TODAY].policy != self.terms[place].policy

    def change_of(self, place: int) -> int | None:
        """Which change of a scenario decides this rate, counted from 0; None where a rule that stands does."""
        decided = self.decided_by[place]
        return decided.int - PROPOSED if decided and decided.int >= PROPOSED else None


def rates_of(
    pairs: Iterable[Pair],
    rules: Sequence[DatedRule],
    policies: Sequence[tuple[datetime, Policy]],
    scenarios: Sequence[tuple[Sequence[Rule], Decimal | None]],
    window: tuple[datetime, datetime],
    standing: Standing,
) -> list[Rate]:
    """Decide what every pair is charged in the window [start, end): at the time, today, and under each scenario.

    Today's prices hold all the window. A change of a scenario stands for the rule of its scope among them.
    """
    today, policy_today = standing_rules(rules, standing), policy_at(policies, standing.at)
    sets = [today, *(_with_changes(today, changes) for changes, _ in scenarios)]
    terms_of = [policy_today, *(_with_increment(policy_today, increment) for _, increment in scenarios)]
    found: list[Rate] = []
    for pair in pairs:
        won = [winning_rule([rule for rule in one if _speaks_of(rule, pair)]) for one in sets]
        speaking = [dated for dated in rules if _speaks_of(dated.rule, pair)]
        for start, end in _intervals(speaking, policies, window):
            then = winning_rule([dated.rule for dated in speaking if dated.holds_at(start)])
            decided = (then, *won)
            terms = tuple(map(_term, decided, (policy_at(policies, start), *terms_of)))
            found.append(
                Rate(len(found), pair, start, end, terms, tuple(rule.id if rule else None for rule in decided))
            )
    return found


def standing_rules(rules: Sequence[DatedRule], standing: Standing) -> list[Rule]:
    """The rules that hold at a moment; where one is left out, the one before it that it ended stands for it."""
    left_out = next((dated for dated in rules if dated.rule.id == standing.without), None)
    before = [
        dated.rule
        for dated in rules
        if left_out and dated.scope_id == left_out.scope_id and dated.ends_at == left_out.starts_at
    ]
    others = [dated.rule for dated in rules if dated is not left_out and dated.holds_at(standing.at)]
    return others + [rule for rule in before if rule not in others]


def same_terms(rates: Sequence[Rate]) -> list[int]:
    """For each set of prices the first that charges every rate the same: what is equal is computed once."""
    columns = list(zip(*(rate.terms for rate in rates), strict=True))
    return [columns.index(column) for column in columns]


def policy_at(policies: Sequence[tuple[datetime, Policy]], at: datetime) -> Policy:
    """Return the policy that held at an instant."""
    return max((dated for dated in policies if dated[0] <= at), key=lambda dated: dated[0])[1]


def smallest_step(rates: Iterable[Rate]) -> Decimal:
    """Return the largest amount of credits of which every increment is a whole number."""
    scaled = [int(term.policy.increment.scaleb(CREDIT_DECIMALS)) for rate in rates for term in rate.terms]
    return Decimal(gcd(*scaled) or 1).scaleb(-CREDIT_DECIMALS)


def _with_changes(rules: Sequence[Rule], changes: Sequence[Rule]) -> list[Rule]:
    replaced = {_scope(change) for change in changes}
    kept = [rule for rule in rules if _scope(rule) not in replaced]
    return kept + [replace(change, id=UUID(int=PROPOSED + number)) for number, change in enumerate(changes)]


def _term(rule: Rule | None, policy: Policy) -> Term:
    return Term(rule.multiplier if rule else DEFAULT_MULTIPLIER, policy)


def _scope(rule: Rule) -> tuple[str, str | None, UUID | None, str | None]:
    return rule.scope, rule.tier, rule.provider_id, rule.model_id


def _speaks_of(rule: Rule, pair: Pair) -> bool:
    return rule.matches(pair.tier, pair.provider_id, pair.model_id)


def _intervals(
    rules: Iterable[DatedRule], policies: Iterable[tuple[datetime, Policy]], window: tuple[datetime, datetime]
) -> list[tuple[datetime, datetime]]:
    start, end = window
    dates = {date for dated in rules for date in (dated.starts_at, dated.ends_at) if date}
    cuts = sorted(date for date in dates | {since for since, _ in policies} if start < date < end)
    return list(zip([start, *cuts], [*cuts, end], strict=True))


def _with_increment(policy: Policy, increment: Decimal | None) -> Policy:
    return policy if increment is None else replace(policy, increment=increment)
