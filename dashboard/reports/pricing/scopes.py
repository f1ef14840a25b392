"""How a scope, a version and a change are called, wherever a price is shown."""

from decimal import Decimal
from typing import Protocol

from dashboard.engine import margin


class _HasScope(Protocol):
    @property
    def number(self) -> int: ...

    @property
    def scope_type(self) -> str: ...

    @property
    def tier_title(self) -> str | None: ...

    @property
    def provider_title(self) -> str | None: ...

    @property
    def model(self) -> str | None: ...

    @property
    def multiplier(self) -> Decimal: ...

    @property
    def previous_multiplier(self) -> Decimal | None: ...


class Scoped:
    """What every row that speaks of one multiplier can say about itself."""

    __slots__ = ()

    @property
    def code(self: _HasScope) -> str:
        """The number people quote: `PC-0031`."""
        return f"PC-{self.number:04d}"

    @property
    def scope_title(self: _HasScope) -> str:
        """What it applies to, in a few words: `Pro Max`, `Anthropic claude-opus-4-5`, `Pro, OpenAI`."""
        return scope_title(self.tier_title, self.provider_title, self.model)

    @property
    def scope_words(self: _HasScope) -> str:
        """What it applies to, in a sentence."""
        return scope_words(self.scope_type, self.tier_title, self.provider_title, self.model)

    @property
    def change_percent(self: _HasScope) -> Decimal | None:
        """Change against the multiplier it follows, in percent; None where it follows none."""
        if self.previous_multiplier is None:
            return None
        return margin.change_percent(self.multiplier, self.previous_multiplier)


def scope_title(tier: str | None, provider: str | None, model: str | None) -> str:
    """Name a scope in a few words."""
    thing = " ".join(part for part in (provider, model) if part)
    return ", ".join(part for part in (tier, thing) if part) or "everything"


def scope_words(scope_type: str, tier: str | None, provider: str | None, model: str | None) -> str:
    """Say what a scope covers and what goes before it."""
    what = (
        f"{model} of {provider}"
        if model and provider
        else (f"{model} of any provider" if model else f"every model of {provider}")
    )
    return {
        "tier": f"Tier {tier}, all models without a rule of their own",
        "provider": f"Every model of {provider} on every tier, where neither the model nor a combination has a rule",
        "model": f"{what} on every tier, where no combination has a rule",
    }.get(scope_type, f"{what} on tier {tier}; nothing goes before it")
