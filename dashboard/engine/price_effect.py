"""What a change of a vendor's price does, at the volume of the days before it, and which rules answer it.

Costs are taken at the ordinary rates: sums of tokens do not say which request was above a context size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from dashboard.engine.money import EXACT
from dashboard.engine.rating import Rates, Tokens

ZERO, ONE = Decimal(0), Decimal(1)
PER_1K = Decimal("0.001")
MULTIPLIER_DECIMALS = Decimal("0.0001")
# What is assumed of a model nobody has used yet: as many tokens in as out.
EVEN = Tokens(uncached=1, output=1)
VARIANTS = {
    "keep_margin": "Keep the margin percentage",
    "keep_price": "Keep the customer’s price",
}


@dataclass(frozen=True, slots=True)
class Volume:
    """What one tier used of a model, and what it cost and brought, USD."""

    tier: str
    requests: int
    tokens: Tokens
    vendor_cost_usd: Decimal
    list_revenue_usd: Decimal


@dataclass(frozen=True, slots=True)
class TierRule:
    """The rule that wins for a model on one tier: its scope and multiplier."""

    tier: str
    scope: str
    multiplier: Decimal


@dataclass(frozen=True, slots=True)
class Effect:
    """One tier, USD: the cost of the same usage before and after, and the margin in both variants."""

    tier: str
    requests: int
    cost_before_usd: Decimal
    cost_after_usd: Decimal
    margin_before_usd: Decimal
    margin_keeping_margin_usd: Decimal
    margin_keeping_price_usd: Decimal

    @property
    def cost_change_usd(self) -> Decimal:
        """What the same usage costs more."""
        return self.cost_after_usd - self.cost_before_usd


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """A rule to propose: for the model on every tier (tier None) or on one."""

    scope: str
    tier: str | None
    multiplier_before: Decimal
    multiplier: Decimal
    scope_before: str = "default"

    @property
    def is_below_cost(self) -> bool:
        """Whether every request under it loses money."""
        return self.multiplier < ONE

    @property
    def changes(self) -> bool:
        """Whether it is another rule than the one that wins now: another multiplier, or the same pinned to the model."""
        return (self.multiplier, self.scope) != (self.multiplier_before, self.scope_before)


def effects(old: Rates, new: Rates, volumes: Sequence[Volume], rules: Mapping[str, TierRule]) -> list[Effect]:
    """Say for each tier what the change costs: the customer's price follows the cost, or it stays."""
    found = []
    for volume in volumes:
        before, after = cost_usd(volume.tokens, old), cost_usd(volume.tokens, new)
        rule = rules.get(volume.tier)
        multiplier = rule.multiplier if rule else ONE
        margin = volume.list_revenue_usd - volume.vendor_cost_usd
        with localcontext(EXACT):
            found.append(
                Effect(
                    volume.tier,
                    volume.requests,
                    before,
                    after,
                    margin,
                    margin + (after - before) * (multiplier - ONE),
                    margin - (after - before),
                )
            )
    return found


def cost_usd(tokens: Tokens, rates: Rates) -> Decimal:
    """Return what these tokens cost at the ordinary rates, exact."""
    with localcontext(EXACT):
        return (
            tokens.uncached * rates.uncached
            + tokens.cached * (rates.uncached if rates.cached is None else rates.cached)
            + tokens.written * (rates.uncached if rates.written is None else rates.written)
            + tokens.output * rates.output
        ) * PER_1K


def planned_rules(
    variant: str, old: Rates, new: Rates, volumes: Sequence[Volume], rules: Sequence[TierRule]
) -> list[PlannedRule]:
    """Say which rules answer a change: one for the model where all tiers share a multiplier, else one per tier.

    A rule of a tier holds over all its models and is left alone. A rule for a model does not reach a tier
    that has a combination rule; those tiers, and tiers that differ, get a combination rule each.
    """
    shared = {rule.multiplier for rule in rules}
    if len(shared) == 1 and all(rule.scope != "combination" for rule in rules):
        multiplier = shared.pop()
        after = _answer(variant, multiplier, old, new, volumes)
        before = "model" if all(rule.scope == "model" for rule in rules) else "default"
        return [PlannedRule("model", None, multiplier, after, before)]
    by_tier = {volume.tier: volume for volume in volumes}
    return [
        PlannedRule(
            "combination",
            rule.tier,
            rule.multiplier,
            _answer(variant, rule.multiplier, old, new, [by_tier[rule.tier]] if rule.tier in by_tier else volumes),
            rule.scope,
        )
        for rule in rules
    ]


def kept_price_multiplier(multiplier: Decimal, cost_before_usd: Decimal, cost_after_usd: Decimal) -> Decimal:
    """Old cost × multiplier ÷ new cost, rounded half-even to 4 decimals: what the customer pays stays."""
    with localcontext(EXACT):
        return (cost_before_usd * multiplier / cost_after_usd).quantize(MULTIPLIER_DECIMALS, rounding=ROUND_HALF_EVEN)


def _answer(variant: str, multiplier: Decimal, old: Rates, new: Rates, volumes: Sequence[Volume]) -> Decimal:
    if variant == "keep_margin":
        return multiplier
    tokens = _together(volumes)
    before, after = cost_usd(tokens, old), cost_usd(tokens, new)
    if not before or not after:
        tokens = EVEN
        before, after = cost_usd(tokens, old), cost_usd(tokens, new)
    return kept_price_multiplier(multiplier, before, after) if before and after else multiplier


def _together(volumes: Sequence[Volume]) -> Tokens:
    return Tokens(
        sum(volume.tokens.uncached for volume in volumes),
        sum(volume.tokens.cached for volume in volumes),
        sum(volume.tokens.written for volume in volumes),
        sum(volume.tokens.output for volume in volumes),
    )
