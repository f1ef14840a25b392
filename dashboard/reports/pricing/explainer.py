"""Which multiplier applies, and why: one tier, provider, model and instant."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.credits import Policy
from dashboard.engine.fields import shown
from dashboard.engine.rating import Price, Rates, Rating, Rule, Tokens, Usage, rate
from dashboard.engine.rules import Cell, Resolution, resolve
from dashboard.reports.pricing.coverage import KnownModel, Named
from dashboard.reports.pricing.multipliers import RuleRow, multiplier_rules
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A vendor's price at an instant, USD per 1,000 tokens."""

    id: UUID
    effective_from: datetime
    source: str
    input_usd: Decimal
    output_usd: Decimal
    cached_usd: Decimal | None
    written_usd: Decimal | None
    threshold_tokens: int | None
    high_input_usd: Decimal | None
    high_output_usd: Decimal | None
    high_cached_usd: Decimal | None
    high_written_usd: Decimal | None

    @property
    def price(self) -> Price:
        """The price as the engine knows it."""
        return Price(
            self.id,
            Rates(self.input_usd, self.output_usd, self.cached_usd, self.written_usd),
            self.threshold_tokens,
            _high_rates(self),
        )

    def rates_for(self, tokens: Tokens) -> Rates:
        """The rates that hold for a request of this size."""
        high = self.price.high_rates
        is_high = self.threshold_tokens is not None and tokens.context > self.threshold_tokens
        return high if high is not None and is_high else self.price.rates


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What a credit is worth, USD, and the step of a charge."""

    unit_usd: Decimal
    increment: Decimal


@dataclass(frozen=True, slots=True)
class RuleAt:
    """The rule the database would charge by."""

    id: UUID
    scope_type: str
    multiplier: Decimal


vendor_price_at = Query("pricing/vendor_price_at", PriceRow)
policy_at = Query("pricing/policy_at", PolicyRow)
rule_at = Query("pricing/rule_at", RuleAt)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer: what wins, what it beat, and one request worked through."""

    resolution: Resolution
    rules: dict[UUID, RuleRow]
    tokens: Tokens
    price: PriceRow | None
    policy: Policy
    rating: Rating
    in_database: RuleAt | None

    @property
    def agrees(self) -> bool:
        """Whether the database, which charges, finds the same rule."""
        winner = self.resolution.winner
        return (winner.rule.id if winner else None) == (self.in_database.id if self.in_database else None)


def explain(connection: Connection, cell: Cell, at: datetime, tokens: Tokens) -> Explanation:
    """Explain a request of this cell at that instant; the cell names a model."""
    rows = multiplier_rules.all(connection)
    resolution = resolve([row.dated for row in rows], cell, at)
    where = {"provider_id": cell.provider_id, "model": cell.model_id, "at": at}
    price = next(iter(vendor_price_at.all(connection, **where)), None)
    found = policy_at.one(connection, at=at)
    policy = Policy(found.unit_usd, found.increment)
    rules: list[Rule] = [resolution.winner.rule] if resolution.winner else []
    return Explanation(
        resolution=resolution,
        rules={row.id: row for row in rows},
        tokens=tokens,
        price=price,
        policy=policy,
        rating=rate(Usage(tokens), price.price if price else None, rules, policy),
        in_database=next(iter(rule_at.all(connection, tier=cell.tier, **where)), None),
    )


def model_of(names: Named, provider: str, model: str) -> tuple[KnownModel | None, dict[str, str]]:
    """Find the model, or say what is wrong with its names.

    A name that only one provider has needs no provider; with one, a model nobody knows is taken too,
    because usage of it would be.
    """
    if not model:
        return None, {"model": "Name a model."}
    of_provider = [one for one in names.models if provider in {"", one.provider}]
    if not of_provider:
        return None, {"provider": f"There is no provider {shown(provider)} with a model."}
    found = [one for one in of_provider if one.model == model]
    if not found and provider:
        return replace(of_provider[0], model=model, is_offered=False, requests=0, default_requests=0), {}
    if not found:
        return None, {"model": f"There is no model {shown(model)}; for one nobody knows yet, name its provider."}
    if len(found) > 1:
        titles = ", ".join(one.provider for one in found)
        return None, {"provider": f"Several providers have a model of this name ({titles}); name one."}
    return found[0], {}


def _high_rates(row: PriceRow) -> Rates | None:
    if row.high_input_usd is None or row.high_output_usd is None:
        return None
    return Rates(row.high_input_usd, row.high_output_usd, row.high_cached_usd, row.high_written_usd)
