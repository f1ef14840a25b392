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
NO_RULE = UUID(int=0)


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
    """The terms of a pair between two moments: first as things stand, then under each scenario."""

    no: int
    pair: Pair
    starts_at: datetime
    ends_at: datetime
    terms: tuple[Term, ...]
    decided_by: tuple[UUID | None, ...]

    def is_changed(self, scenario: int) -> bool:
        """Whether a scenario says anything about this rate: another rule decides, or another increment rounds."""
        now, then = self.terms[0], self.terms[scenario]
        return self.decided_by[scenario] == NO_RULE or now.policy != then.policy


def rates_of(
    pairs: Iterable[Pair],
    rules: Sequence[DatedRule],
    policies: Sequence[tuple[datetime, Policy]],
    scenarios: Sequence[tuple[Sequence[Rule], Decimal | None]],
    window: tuple[datetime, datetime],
) -> list[Rate]:
    """Decide what every pair is charged in the window [start, end), as things stand and under each scenario.

    A change holds all the window and stands for every other rule of its scope.
    """
    sets = [list(rules), *(_with_changes(rules, changes, window) for changes, _ in scenarios)]
    increments = [None, *(increment for _, increment in scenarios)]
    found: list[Rate] = []
    for pair in pairs:
        speaking = [[dated for dated in one if _speaks_of(dated.rule, pair)] for one in sets]
        for start, end in _intervals([dated for one in speaking for dated in one], policies, window):
            policy = policy_at(policies, start)
            won = [_winner(one, start) for one in speaking]
            terms = [
                Term(rule.multiplier if rule else DEFAULT_MULTIPLIER, _with_increment(policy, increment))
                for rule, increment in zip(won, increments, strict=True)
            ]
            ids = tuple(rule.id if rule else None for rule in won)
            found.append(Rate(len(found), pair, start, end, tuple(terms), ids))
    return found


def policy_at(policies: Sequence[tuple[datetime, Policy]], at: datetime) -> Policy:
    """Return the policy that held at an instant."""
    return max((dated for dated in policies if dated[0] <= at), key=lambda dated: dated[0])[1]


def smallest_step(rates: Iterable[Rate]) -> Decimal:
    """Return the largest amount of credits of which every increment is a whole number."""
    scaled = [int(term.policy.increment.scaleb(CREDIT_DECIMALS)) for rate in rates for term in rate.terms]
    return Decimal(gcd(*scaled) or 1).scaleb(-CREDIT_DECIMALS)


def _with_changes(
    rules: Sequence[DatedRule], changes: Sequence[Rule], window: tuple[datetime, datetime]
) -> list[DatedRule]:
    replaced = {_scope(change) for change in changes}
    kept = [dated for dated in rules if _scope(dated.rule) not in replaced]
    return kept + [DatedRule(replace(change, id=NO_RULE), 0, window[0]) for change in changes]


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


def _winner(rules: Iterable[DatedRule], at: datetime) -> Rule | None:
    return winning_rule([dated.rule for dated in rules if dated.holds_at(at)])


def _with_increment(policy: Policy, increment: Decimal | None) -> Policy:
    return policy if increment is None else replace(policy, increment=increment)
