"""The models of the demo, what their vendors charge, and how often each is used."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.rating import Rates

# This one is sold below cost: an approved multiplier under 1 for the model.
LOSS_PROVIDER, LOSS_MODEL, LOSS_MULTIPLIER = "anthropic", "claude-opus-4-5", Decimal("0.9")
# The price of this one dropped within the ninety days …
CHANGED_MODEL, DAYS_SINCE_CHANGE = "gpt-4o", 34
# … and this one came out days ago; nobody has entered its price yet.
UNPRICED_MODEL, DAYS_SINCE_RELEASE = "gemini-3-pro-preview", 4


@dataclass(frozen=True, slots=True)
class DemoModel:
    """A model: how often it is used, how long its prompts and answers are, and how fast it answers."""

    provider: str
    name: str
    share: float
    prompt_tokens: int
    output_tokens: int
    tokens_per_second: int


MODELS = (
    DemoModel("openai", "gpt-4o", 0.20, 14_000, 700, 90),
    DemoModel("openai", "gpt-4o-mini", 0.24, 9_000, 600, 120),
    DemoModel("openai", "gpt-5", 0.14, 32_000, 2_400, 85),
    DemoModel("anthropic", "claude-sonnet-4-5", 0.17, 38_000, 1_500, 75),
    DemoModel("anthropic", "claude-haiku-4-5", 0.09, 16_000, 900, 140),
    DemoModel("anthropic", LOSS_MODEL, 0.03, 28_000, 1_800, 60),
    DemoModel("google", "gemini-2.5-flash", 0.09, 22_000, 900, 170),
    DemoModel("google", "gemini-2.5-pro", 0.04, 60_000, 2_000, 80),
)
UNPRICED = DemoModel("google", UNPRICED_MODEL, 0.05, 30_000, 1_500, 80)
# USD per 1,000 tokens: input, output, cached, written.
PRICES = (
    ("openai", "gpt-4o-mini", "0.00015", "0.0006", "0.000075", None),
    ("openai", "gpt-5", "0.00125", "0.01", "0.000125", None),
    ("anthropic", "claude-sonnet-4-5", "0.003", "0.015", "0.0003", "0.00375"),
    ("anthropic", "claude-haiku-4-5", "0.001", "0.005", "0.0001", "0.00125"),
    ("anthropic", LOSS_MODEL, "0.005", "0.025", "0.0005", "0.00625"),
    ("google", "gemini-2.5-flash", "0.0003", "0.0025", "0.00003", None),
)
YEAR = timedelta(days=365)


def vendor_prices(now: datetime) -> list[ListedPrice]:
    """Return the dated prices of every model but the one that has none yet."""
    today = now.replace(hour=0)
    listed = [_price(*line, effective_from=today - YEAR) for line in PRICES]
    change = today - timedelta(days=DAYS_SINCE_CHANGE)
    return [
        *listed,
        _price("openai", CHANGED_MODEL, "0.005", "0.015", "0.0025", None, effective_from=today - YEAR),
        _price("openai", CHANGED_MODEL, "0.0025", "0.01", "0.00125", None, effective_from=change),
        _long_context(today - YEAR),
    ]


def _price(
    provider: str, model: str, uncached: str, output: str, cached: str, written: str | None, *, effective_from: datetime
) -> ListedPrice:
    rates = Rates(Decimal(uncached), Decimal(output), Decimal(cached), None if written is None else Decimal(written))
    return ListedPrice("demo", provider, model, rates, effective_from=effective_from)


def _long_context(effective_from: datetime) -> ListedPrice:
    return ListedPrice(
        "demo",
        "google",
        "gemini-2.5-pro",
        Rates(Decimal("0.00125"), Decimal("0.01"), Decimal("0.000125")),
        threshold_tokens=200_000,
        high_rates=Rates(Decimal("0.0025"), Decimal("0.015"), Decimal("0.00025")),
        effective_from=effective_from,
    )
