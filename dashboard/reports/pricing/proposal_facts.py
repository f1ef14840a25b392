"""What a proposal is measured against: the rules in force, the tiers with their floors, the models, the credit."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.credits import DEFAULT_POLICY, Policy
from dashboard.engine.price_scopes import HeldPrice, PriceFacts
from dashboard.engine.rating import Rule
from dashboard.reports.pricing.scopes import scope_title
from dashboard.reports.settings import value_of
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class ApprovedRule:
    """A multiplier that was approved, and from when until when it holds."""

    id: UUID
    number: int
    version: int
    scope_type: str
    tier: str | None
    tier_title: str | None
    provider_id: UUID | None
    provider: str | None
    provider_title: str | None
    model: str | None
    multiplier: Decimal
    effective_from: datetime
    effective_until: datetime | None

    @property
    def code(self) -> str:
        """The number people quote."""
        return f"PC-{self.number:04d}"

    @property
    def title(self) -> str:
        """What it applies to, in a few words."""
        return scope_title(self.tier_title, self.provider_title, self.model)

    @property
    def rule(self) -> Rule:
        """The rule as rating knows it."""
        return Rule(self.id, self.scope_type, self.multiplier, self.tier, self.provider_id, self.model)

    @property
    def held(self) -> HeldPrice:
        """The price as the rules of proposals know it."""
        dates = (self.effective_from, self.effective_until)
        return HeldPrice(self.id, self.scope_type, self.tier, self.provider, self.model, self.multiplier, *dates)

    def holds_at(self, at: datetime) -> bool:
        """Whether it is in force at an instant."""
        return self.effective_from <= at and (self.effective_until is None or at < self.effective_until)


@dataclass(frozen=True, slots=True)
class PriceTier:
    """A tier."""

    name: str
    title: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class PriceFloor:
    """The multiplier below which a price on a tier needs somebody's word, from a date on."""

    tier: str
    effective_from: datetime
    floor_multiplier: Decimal


@dataclass(frozen=True, slots=True)
class PriceModel:
    """A model of a provider."""

    provider_id: UUID
    provider: str
    provider_title: str
    model: str
    is_available: bool


@dataclass(frozen=True, slots=True)
class PriceProvider:
    """A provider."""

    id: UUID
    name: str
    title: str
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class PricePolicy:
    """What a credit is worth, USD, and the step of a charge."""

    unit_usd: Decimal
    increment: Decimal


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a proposal waits for a second person: days, or hours where it is urgent."""

    days: int
    urgent_hours: int


price_rules = Query("pricing/price_rules", ApprovedRule)
price_tiers = Query("pricing/price_tiers", PriceTier)
price_floors = Query("pricing/price_floors", PriceFloor)
price_models = Query("pricing/price_models", PriceModel)
price_providers = Query("pricing/price_providers", PriceProvider)
price_policy = Query("pricing/price_policy", PricePolicy)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a proposal is measured against, read in one snapshot."""

    rules: list[ApprovedRule]
    tiers: list[PriceTier]
    models: list[PriceModel]
    providers: list[PriceProvider]
    policy: Policy
    floors: list[PriceFloor]

    def facts(self, model: str | None) -> PriceFacts:
        """What a draft that names this model is judged by."""
        return PriceFacts(
            active_tiers=frozenset(tier.name for tier in self.tiers if tier.is_active),
            inactive_tiers=frozenset(tier.name for tier in self.tiers if not tier.is_active),
            providers=frozenset(one.name for one in self.providers),
            providers_of_model=frozenset(one.provider for one in self.models if one.model == model),
            floors={
                tier.name: [(one.effective_from, one.floor_multiplier) for one in self.floors if one.tier == tier.name]
                for tier in self.tiers
            },
            held=[rule.held for rule in self.rules],
        )

    def provider_id(self, name: str | None) -> UUID | None:
        """The id of a provider by its name."""
        return next((one.id for one in self.providers if one.name == name), None)

    def tier_title(self, name: str | None) -> str | None:
        """How a tier is called; a name nobody knows as it is."""
        return next((one.title for one in self.tiers if one.name == name), name)

    def provider_title(self, name: str | None) -> str | None:
        """How a provider is called; a name nobody knows as it is."""
        return next((one.title for one in self.providers if one.name == name), name)


def waits_of(connection: Connection) -> Waits:
    """Return how long a proposal waits for a second person."""
    return Waits(
        value_of(connection, "price_decided_within_days"), value_of(connection, "urgent_price_decided_within_hours")
    )


def provider_of_models(connection: Connection) -> dict[str, str]:
    """The provider of every model that only one has."""
    found: dict[str, set[str]] = {}
    for one in price_models.all(connection):
        found.setdefault(one.model, set()).add(one.provider)
    return {model: next(iter(providers)) for model, providers in found.items() if len(providers) == 1}


def surroundings(connection: Connection, now: datetime) -> Surroundings:
    """Read what proposals are measured against."""
    policies = price_policy.all(connection, at=now)
    return Surroundings(
        price_rules.all(connection),
        price_tiers.all(connection),
        price_models.all(connection),
        price_providers.all(connection),
        Policy(policies[0].unit_usd, policies[0].increment) if policies else DEFAULT_POLICY,
        price_floors.all(connection),
    )
