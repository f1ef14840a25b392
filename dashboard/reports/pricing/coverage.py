"""Whether every tier and model finds a rule, and which rules nobody can find."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.rules import Cell, Unreachable, unreachable, winner_at
from dashboard.reports.pricing.multipliers import RuleRow, multiplier_rules
from dashboard.reports.pricing.proposal_facts import price_providers
from dashboard.sql import Query

DAYS = 30


@dataclass(frozen=True, slots=True)
class KnownTier:
    """A tier by name and title."""

    name: str
    title: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model on offer or in use, with the requests of the last 30 days."""

    provider_id: UUID
    provider: str
    provider_title: str
    model: str
    is_offered: bool
    requests: int
    default_requests: int


@dataclass(frozen=True, slots=True)
class OnDefault:
    """Requests of the last 30 days that no rule decided."""

    tier: str
    provider_id: UUID
    provider: str
    model: str
    requests: int


coverage_tiers = Query("pricing/coverage_tiers", KnownTier)
coverage_models = Query("pricing/coverage_models", KnownModel)
coverage_defaults = Query("pricing/coverage_defaults", OnDefault)


@dataclass(frozen=True, slots=True)
class Named:
    """Every tier in its order, and every model on offer or used lately."""

    tiers: list[KnownTier]
    models: list[KnownModel]

    def tier(self, name: str) -> KnownTier | None:
        """Return the tier of this name."""
        return next((tier for tier in self.tiers if tier.name == name), None)

    def model(self, provider: str, name: str) -> KnownModel | None:
        """Return the model of this provider and name."""
        return next((one for one in self.models if one.provider == provider and one.model == name), None)


@dataclass(frozen=True, slots=True)
class Gap:
    """A tier and model without a rule now, or with requests that found none in the last 30 days."""

    tier: KnownTier
    model: KnownModel
    is_open: bool
    requests: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the active tiers × models on offer a rule decides, and what does not fit."""

    cells: int
    gaps: tuple[Gap, ...]
    out_of_reach: tuple[tuple[RuleRow, Unreachable], ...]

    @property
    def open(self) -> int:
        """How many cells fall to the default now."""
        return sum(gap.is_open for gap in self.gaps)

    @property
    def covered(self) -> int:
        """How many cells a rule decides."""
        return self.cells - self.open


def named(connection: Connection, now: datetime) -> Named:
    """Read the tiers and models there are; requests are those of the 30 whole days before."""
    return Named(coverage_tiers.all(connection), coverage_models.all(connection, **_days_before(now)))


def coverage(connection: Connection, now: datetime) -> Coverage:
    """Read coverage at an instant; requests are those of the 30 whole days before."""
    rows, names = multiplier_rules.all(connection), named(connection, now)
    rules = [row.dated for row in rows]
    on_default = coverage_defaults.all(connection, **_days_before(now))
    used = {(one.tier, one.provider_id, one.model): one.requests for one in on_default}
    active = [tier for tier in names.tiers if tier.is_active]
    offered = [model for model in names.models if model.is_offered]
    holding = [rule for rule in rules if rule.holds_at(now)]
    open_cells = {
        (tier.name, model.provider_id, model.model)
        for tier in active
        for model in offered
        if winner_at(holding, Cell(tier.name, model.provider_id, model.model), now) is None
    }
    gaps = [
        Gap(tier, model, key in open_cells, used.get(key, 0))
        for tier in names.tiers
        for model in names.models
        if (key := (tier.name, model.provider_id, model.model)) in open_cells or key in used
    ]
    met = [model for model in names.models if model.is_offered or model.requests]
    enabled = [one.id for one in price_providers.all(connection) if one.is_enabled]
    found = unreachable(rules, _cells(active, met, enabled), now)
    by_id = {row.id: row for row in rows}
    return Coverage(
        len(active) * len(offered),
        tuple(sorted(gaps, key=lambda gap: (-gap.requests, gap.model.provider, gap.model.model))),
        tuple((by_id[one.dated.rule.id], one) for one in found),
    )


def _days_before(now: datetime) -> dict[str, object]:
    return {"start": now.date() - timedelta(days=DAYS), "end": now.date()}


def _cells(tiers: list[KnownTier], models: list[KnownModel], providers: list[UUID]) -> list[Cell]:
    """Every tier with every model on offer or in use, and with one of each provider that nobody knows yet."""
    known = [(model.provider_id, model.model) for model in models]
    unheard: list[tuple[UUID, str | None]] = [(provider, None) for provider in providers]
    return [Cell(tier.name, provider, model) for tier in tiers for provider, model in [*known, *unheard]]
