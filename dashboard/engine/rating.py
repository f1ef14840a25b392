"""Rating: usage → vendor cost → value → credits, in plain Python.

The database rates in bulk (migrations, rate_usage); this is its reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from uuid import UUID

from dashboard.engine.credits import Policy, credits_for
from dashboard.engine.money import EXACT

DEFAULT_MULTIPLIER = Decimal("1.5")
ZERO = Decimal(0)
CHARGED_STATUSES = frozenset({"success", "cancelled"})
UNCOSTED_STATUSES = frozenset({"failed", "rate_limited"})
SCOPE_ORDER = ("combination", "model", "provider", "tier")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The four disjoint buckets of one request."""

    uncached: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0

    @property
    def context(self) -> int:
        """Everything read by the model: what the high-context threshold is compared with."""
        return self.uncached + self.cached + self.written


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per 1,000 tokens; a missing cache rate means the full input rate."""

    uncached: Decimal
    output: Decimal
    cached: Decimal | None = None
    written: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """One dated vendor price, with its high-context rates where there are any."""

    id: UUID
    rates: Rates
    threshold_tokens: int | None = None
    high_rates: Rates | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One approved multiplier and what it applies to; None means any."""

    id: UUID
    scope: str
    multiplier: Decimal
    tier: str | None = None
    provider_id: UUID | None = None
    model_id: str | None = None

    def matches(self, tier: str, provider_id: UUID, model_id: str) -> bool:
        """Whether this rule speaks of that tier, provider and model."""
        return (
            self.tier in {None, tier} and self.provider_id in {None, provider_id} and self.model_id in {None, model_id}
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """What rating needs to know of one request."""

    tokens: Tokens
    status: str = "success"
    key_mode: str = "system"
    reported_cost_usd: Decimal | None = None
    cost_estimated: bool = False

    @property
    def is_charged(self) -> bool:
        """Failed and limited requests, and those on the customer's own key, are never charged."""
        return self.key_mode == "system" and self.status in CHARGED_STATUSES


@dataclass(frozen=True, slots=True)
class Rating:
    """The priced request. Cost and value are None when the model has no price."""

    cost_status: str
    vendor_cost_usd: Decimal | None
    scope: str
    rule_id: UUID | None
    multiplier: Decimal
    value_usd: Decimal | None
    credits_due: Decimal


def rate(usage: Usage, price: Price | None, rules: Sequence[Rule], policy: Policy) -> Rating:
    """Rate one request with the price, the matching rules and the policy that held when it started."""
    status = cost_status(usage, price)
    cost = vendor_cost_usd(usage, price, status)
    rule = winning_rule(rules) if usage.is_charged else None
    multiplier = (rule.multiplier if rule else DEFAULT_MULTIPLIER) if usage.is_charged else ZERO
    with localcontext(EXACT):
        value = None if cost is None else cost * multiplier
    return Rating(
        cost_status=status,
        vendor_cost_usd=cost,
        scope=(rule.scope if rule else "default") if usage.is_charged else "none",
        rule_id=rule.id if rule else None,
        multiplier=multiplier,
        value_usd=value,
        credits_due=ZERO if value is None else credits_for(value, policy),
    )


def cost_status(usage: Usage, price: Price | None) -> str:
    """Say where the cost comes from: none, reported, estimated, computed, or unpriced."""
    if usage.key_mode == "own":
        return "none"
    if usage.reported_cost_usd is not None:
        return "estimated" if usage.cost_estimated else "reported"
    if usage.status in UNCOSTED_STATUSES:
        return "none"
    if price is None:
        return "unpriced"
    return "estimated" if usage.cost_estimated else "computed"


def vendor_cost_usd(usage: Usage, price: Price | None, status: str) -> Decimal | None:
    """Return what the provider charges for the request, USD; None when nobody knows."""
    if status == "none":
        return ZERO
    if usage.reported_cost_usd is not None:
        return usage.reported_cost_usd
    return None if price is None else computed_cost_usd(usage.tokens, price)


def computed_cost_usd(tokens: Tokens, price: Price) -> Decimal:
    """Σ tokens ÷ 1,000 × rate over the four buckets, exact; above the threshold the high rates hold for all of it."""
    rates = price.rates
    if price.threshold_tokens is not None and price.high_rates and tokens.context > price.threshold_tokens:
        rates = price.high_rates
    with localcontext(EXACT):
        return (
            tokens.uncached * rates.uncached
            + tokens.cached * (rates.uncached if rates.cached is None else rates.cached)
            + tokens.written * (rates.uncached if rates.written is None else rates.written)
            + tokens.output * rates.output
        ) * Decimal("0.001")


def winning_rule(rules: Sequence[Rule]) -> Rule | None:
    """Of the rules that match, the first of combination → model → provider → tier; never a product of several."""
    return min(rules, key=_precedence, default=None)


def _precedence(rule: Rule) -> tuple[int, bool, bool]:
    return SCOPE_ORDER.index(rule.scope), rule.model_id is None, rule.provider_id is None
