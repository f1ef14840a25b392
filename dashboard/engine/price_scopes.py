"""What a price speaks of, and what holds beside it: tiers, providers and models, their floors and the prices approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from dashboard.engine.rating import SCOPE_ORDER

SCOPES = ("tier", "provider", "model", "combination")


class Scoped(Protocol):
    """Whatever a price speaks of; None means any."""

    @property
    def scope_type(self) -> str:
        """One of SCOPES."""

    @property
    def tier(self) -> str | None:
        """The tier's name."""

    @property
    def provider(self) -> str | None:
        """The provider's name."""

    @property
    def model(self) -> str | None:
        """The model's id."""


@dataclass(frozen=True, slots=True)
class HeldPrice:
    """An approved price that holds now or later."""

    id: UUID
    scope_type: str
    tier: str | None
    provider: str | None
    model: str | None
    multiplier: Decimal
    effective_from: datetime
    effective_until: datetime | None

    def holds_at(self, instant: datetime) -> bool:
        """Whether it holds at that moment."""
        return self.effective_from <= instant and not ends_by(self.effective_until, instant)

    def covers(self, tier: str, provider: str, model: str | None) -> bool:
        """Whether it speaks of that tier, provider and model; None is a model nobody knows yet."""
        return self.tier in {None, tier} and self.provider in {None, provider} and self.model in {None, model}


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """What a draft is judged by; `floors` are the dated floors of each tier, oldest first."""

    active_tiers: frozenset[str]
    inactive_tiers: frozenset[str]
    providers: frozenset[str]
    providers_of_model: frozenset[str]
    floors: Mapping[str, Sequence[tuple[datetime, Decimal]]]
    held: Sequence[HeldPrice]


def is_scope(scope: Scoped) -> bool:
    """Whether it names just what a price of its type may name."""
    has_tier, has_provider, has_model = (part is not None for part in (scope.tier, scope.provider, scope.model))
    return {
        "tier": has_tier and not has_provider and not has_model,
        "provider": has_provider and not has_tier and not has_model,
        "model": has_model and not has_tier,
        "combination": has_tier and (has_provider or has_model),
    }.get(scope.scope_type, False)


def followed(scope: Scoped, facts: PriceFacts, start: datetime) -> HeldPrice | None:
    """The approved price of the same scope that holds right before: what a new one follows and ends."""
    before = [
        held
        for held in of_scope(scope, facts)
        if held.effective_from < start and (held.effective_until is None or held.effective_until >= start)
    ]
    return max(before, key=lambda held: held.effective_from, default=None)


def of_scope(scope: Scoped, facts: PriceFacts) -> list[HeldPrice]:
    """Every approved price of the very same scope."""
    named = (scope.tier, scope.provider, scope.model)
    return [held for held in facts.held if (held.tier, held.provider, held.model) == named]


def floor(scope: Scoped, facts: PriceFacts, start: datetime, until: datetime | None = None) -> Decimal | None:
    """The highest floor of the active tiers a price speaks of, while it would hold."""
    tiers = facts.active_tiers if scope.tier is None else facts.active_tiers & {scope.tier}
    return max(
        (value for tier in tiers for value in _floors_of(facts.floors.get(tier, ()), start, until)), default=None
    )


def is_shadowed(scope: Scoped, facts: PriceFacts, start: datetime, until: datetime | None) -> bool:
    """Whether more particular prices hold for everything it speaks of, all the time it would hold."""
    above = [
        held
        for held in facts.held
        if _precedence(held) < _precedence(scope)
        and held.effective_from <= start
        and (held.effective_until is None or (until is not None and held.effective_until >= until))
    ]
    return all(any(held.covers(*cell, scope.model) for held in above) for cell in cells(scope, facts))


def gap_after(scope: Scoped, facts: PriceFacts, start: datetime, until: datetime | None) -> str | None:
    """Where the default would hold once this price ends, though what it follows held for longer; None if nowhere."""
    before = followed(scope, facts, start)
    if before is None or until is None or ends_by(before.effective_until, until):
        return None
    others = [held for held in facts.held if held.id != before.id]
    ends = {held.effective_until for held in others if held.effective_until and held.effective_until > until}
    instants = sorted([until, *(end for end in ends if not ends_by(before.effective_until, end))])
    for instant in instants:
        for tier, provider in cells(scope, facts):
            if not any(held.holds_at(instant) and held.covers(tier, provider, scope.model) for held in others):
                return f"{tier} at {provider} from {instant:%Y-%m-%d %H:%M} UTC"
    return None


def cells(scope: Scoped, facts: PriceFacts) -> list[tuple[str, str]]:
    """The tiers and providers it speaks of; what a rule without a model does for a model to come, it does for all."""
    tiers = facts.active_tiers if scope.tier is None else facts.active_tiers & {scope.tier}
    return sorted((tier, provider) for tier in tiers for provider in providers_of(scope, facts))


def providers_of(scope: Scoped, facts: PriceFacts) -> frozenset[str]:
    """The providers it speaks of."""
    known = facts.providers if scope.model is None else facts.providers_of_model
    return known if scope.provider is None else known & {scope.provider}


def ends_by(end: datetime | None, instant: datetime) -> bool:
    """Whether something that ends then is over at that moment."""
    return end is not None and end <= instant


def _precedence(scope: Scoped) -> tuple[int, bool, bool]:
    return SCOPE_ORDER.index(scope.scope_type), scope.model is None, scope.provider is None


def _floors_of(versions: Sequence[tuple[datetime, Decimal]], start: datetime, until: datetime | None) -> list[Decimal]:
    ends = [*(since for since, _ in versions[1:]), None]
    return (
        [
            value
            for (since, value), end in zip(versions, ends, strict=True)
            if not ends_by(end, start) and (until is None or since < until)
        ]
        if versions
        else []
    )
