"""Price lists of vendors: what each line says about the price of one model, or why it cannot be taken.

LiteLLM's list names prices in USD per token, our own CSV per 1,000 tokens.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from dashboard.engine import fields
from dashboard.engine.fields import FieldError, Fields
from dashboard.engine.money import PRICE_DECIMALS, price_per_1k
from dashboard.engine.rating import Rates

LITELLM_PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "google": "google",
    "azure": "azure",
    "ollama": "ollama",
}
# Only what runs on the customer's own machines may cost nothing.
FREE_PROVIDERS = frozenset({"ollama"})
THRESHOLD = re.compile(r"(?:input|output)_cost_per_token_above_(\d+)k_tokens")
# How many tokens the prices of a list are for, as it is written.
PER_TOKEN, PER_1K, PER_MILLION = 1, 1_000, 1_000_000
LARGEST_PRICE = Decimal(99_999)
LARGEST_THRESHOLD = 1_000_000_000
DECIMALS_READ = 30
# Five years, whichever: nobody knows a price further ahead, and a slip of the year would hold for good.
FURTHEST_AHEAD = timedelta(days=5 * 365 + 2)
PRICE_DIGITS = 10
REQUIRED_COLUMNS = ("provider", "model", "input_price_per_1k", "output_price_per_1k")
OPTIONAL_COLUMNS = (
    "cache_hit_price_per_1k",
    "cache_input_price_per_1k",
    "context_threshold_tokens",
    "input_price_per_1k_high_context",
    "output_price_per_1k_high_context",
    "cache_read_price_per_1k_high_context",
    "cache_write_price_per_1k_high_context",
    "is_free",
    "effective_from",
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """One line of a price list, USD per 1,000 tokens; no start means the list is undated.

    `unit_tokens` is how many tokens the prices of the list itself are for: what a slip of units is named by.
    """

    line: str
    provider: str
    model: str
    rates: Rates
    threshold_tokens: int | None = None
    high_rates: Rates | None = None
    is_free: bool = False
    effective_from: datetime | None = None
    was_rounded: bool = False
    unit_tokens: int = PER_1K


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that says a price but cannot be taken."""

    line: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class PriceList:
    """What a list says: the prices, the refused lines, and how many others were passed over, by reason."""

    prices: tuple[ListedPrice, ...]
    refused: tuple[RefusedLine, ...]
    skipped: Mapping[str, int]


def read_litellm(entries: Mapping[str, object] | Iterable[tuple[str, object]]) -> PriceList:
    """Read a LiteLLM list: only entries of our providers that price both input and output tokens count.

    Given as pairs, a model that is named twice contradicts itself like any two lines.
    """
    taken: list[ListedPrice] = []
    refused: list[RefusedLine] = []
    skipped: dict[str, int] = defaultdict(int)
    for key, entry in entries.items() if isinstance(entries, Mapping) else entries:
        reason = _why_skipped(entry)
        if reason or not isinstance(entry, Mapping):
            skipped[reason or "not a price"] += 1
            continue
        try:
            taken.append(_litellm_price(key, entry))
        except FieldError as error:
            refused.append(RefusedLine(key if key.isprintable() else fields.shown(key), "bad_price", str(error)))
    prices, collisions = without_collisions(taken)
    return PriceList(tuple(prices), (*refused, *collisions), dict(skipped))


def read_price_row(line: str, raw: Mapping[str, object], now: datetime | None = None) -> ListedPrice:
    """Read one row of our CSV; raise InvalidInputError naming every field that cannot be taken.

    With `now`, a start too far ahead of it is one of them.
    """

    def start(value: object) -> datetime:
        read = fields.day_or_instant(value)
        return read if now is None else not_too_far(read, now)

    found = Fields()
    rates = _row_rates(found, raw, "", ("cache_hit_price_per_1k", "cache_input_price_per_1k"))
    threshold = found.read(raw, "context_threshold_tokens", _optional(_threshold), None)
    names = ("cache_read_price_per_1k_high_context", "cache_write_price_per_1k_high_context")
    has_high = threshold is not None
    price = ListedPrice(
        line=line,
        provider=found.read(raw, "provider", lambda value: fields.text(value).lower(), ""),
        model=found.read(raw, "model", fields.text, ""),
        rates=rates,
        threshold_tokens=threshold,
        high_rates=_row_rates(found, raw, "_high_context", names) if has_high else None,
        is_free=found.read(raw, "is_free", fields.flag, default=False),
        effective_from=found.read(raw, "effective_from", _optional(start), None),
        was_rounded=_was_rounded(raw),
    )
    if not has_high and any(raw.get(name) for name in raw if str(name).endswith("_high_context")):
        found.errors["context_threshold_tokens"] = "is missing, but there are high-context prices"
    if rates.uncached == rates.output == 0 and not price.is_free and not found.errors:
        found.errors["is_free"] = "must be true for a model whose prices are both zero"
    found.refuse_if_any()
    return price


def not_too_far(moment: datetime, now: datetime) -> datetime:
    """Return the moment a price starts or ends; FieldError when it is more than five years ahead."""
    if moment > now + FURTHEST_AHEAD:
        raise FieldError(f"is {moment:%Y-%m-%d}, more than 5 years ahead")
    return moment


def without_collisions(prices: Iterable[ListedPrice]) -> tuple[list[ListedPrice], list[RefusedLine]]:
    """Keep one line per model and start; lines that contradict each other are all refused."""
    groups: dict[tuple[str, str, datetime | None], list[ListedPrice]] = defaultdict(list)
    for price in prices:
        groups[price.provider, price.model, price.effective_from].append(price)
    kept: list[ListedPrice] = []
    refused: list[RefusedLine] = []
    for group in groups.values():
        first = group[0]
        if all(_says_the_same(first, other) for other in group):
            kept.append(first)
            refused += [
                RefusedLine(other.line, "repeated", f"says the same of {_name(other)} as {first.line}, which was taken")
                for other in group[1:]
            ]
        else:
            named = ", ".join(price.line for price in group)
            refused += [
                RefusedLine(price.line, "collision", f"{named} say different prices of {_name(price)}; none was taken")
                for price in group
            ]
    return kept, refused


def _why_skipped(entry: object) -> str | None:
    if not isinstance(entry, Mapping):
        return "not a price"
    if str(entry.get("litellm_provider")) not in LITELLM_PROVIDERS:
        return "of providers not kept here"
    if entry.get("input_cost_per_token") is None or entry.get("output_cost_per_token") is None:
        return "without a price for both input and output tokens"
    if not _costs(entry) and LITELLM_PROVIDERS[str(entry["litellm_provider"])] not in FREE_PROVIDERS:
        return "with both prices zero, of a provider that is not free"
    return None


def _costs(entry: Mapping[str, object]) -> bool:
    return any(entry[name] != 0 for name in ("input_cost_per_token", "output_cost_per_token"))


def _litellm_price(key: str, entry: Mapping[str, object]) -> ListedPrice:
    provider = LITELLM_PROVIDERS[str(entry["litellm_provider"])]
    threshold = _litellm_threshold(entry)
    return ListedPrice(
        line=key,
        provider=provider,
        model=_litellm_model(key, provider),
        rates=_litellm_rates(entry, ""),
        threshold_tokens=None if threshold is None else threshold * 1000,
        high_rates=None if threshold is None else _litellm_rates(entry, f"_above_{threshold}k_tokens"),
        is_free=not _costs(entry),
        was_rounded=any(
            _per_1k(value) != value * 1000
            for name, value in entry.items()
            if isinstance(value, Decimal) and name.startswith(("input_cost_per_token", "output_cost_per_token"))
        ),
        unit_tokens=PER_TOKEN,
    )


def _litellm_model(key: str, provider: str) -> str:
    """Strip a prefix only when it names the provider: azure/eu/gpt-4o is eu/gpt-4o of azure."""
    prefix, _, rest = key.partition("/")
    return fields.text(rest if rest and LITELLM_PROVIDERS.get(prefix) == provider else key)


def _litellm_threshold(entry: Mapping[str, object]) -> int | None:
    found = {_thousands(match[1]) for name in entry if (match := THRESHOLD.fullmatch(name))}
    if len(found) > 1:
        raise FieldError(f"prices change at {len(found)} context sizes; one can be kept")
    return found.pop() if found else None


def _thousands(written: str) -> int:
    try:
        return fields.whole_number(written, LARGEST_THRESHOLD // 1000, least=1)
    except FieldError as error:
        raise FieldError(f"names a context size that {error}") from None


def _litellm_rates(entry: Mapping[str, object], suffix: str) -> Rates:
    """Read the rates with that suffix; a high rate that is not named is the ordinary one."""

    def per_1k(name: str) -> Decimal | None:
        value = entry.get(name)
        return None if value is None else _per_1k(value)

    def high_or_ordinary(name: str) -> Decimal:
        found = per_1k(name + suffix)
        return found if found is not None else per_1k(name) or Decimal(0)

    return Rates(
        uncached=high_or_ordinary("input_cost_per_token"),
        output=high_or_ordinary("output_cost_per_token"),
        cached=per_1k("cache_read_input_token_cost" + suffix),
        written=per_1k("cache_creation_input_token_cost" + suffix),
    )


def _per_1k(usd_per_token: object) -> Decimal:
    return price_per_1k(fields.amount(usd_per_token, LARGEST_PRICE / 1000, DECIMALS_READ))


def _row_rates(found: Fields, raw: Mapping[str, object], suffix: str, cache: tuple[str, str]) -> Rates:
    cached, written = cache
    return Rates(
        uncached=found.read(raw, f"input_price_per_1k{suffix}", _price, Decimal(0)),
        output=found.read(raw, f"output_price_per_1k{suffix}", _price, Decimal(0)),
        cached=found.read(raw, cached, _optional(_price), None),
        written=found.read(raw, written, _optional(_price), None),
    )


def _price(value: object) -> Decimal:
    if value is None or value == "":
        raise FieldError("is missing")
    return fields.amount(value, LARGEST_PRICE, DECIMALS_READ).quantize(PRICE_DECIMALS)


def _threshold(value: object) -> int:
    return fields.whole_number(value, LARGEST_THRESHOLD, least=1)


def _optional(take: Callable[[object], T]) -> Callable[[object], T | None]:
    return lambda value: None if value is None or value == "" else take(value)


def _was_rounded(raw: Mapping[str, object]) -> bool:
    """Whether a price has more decimals than are kept."""
    written = (str(value) for name, value in raw.items() if "price_per_1k" in str(name) and value)
    return any(len(value.partition(".")[2].rstrip("0")) > PRICE_DIGITS for value in written)


def _says_the_same(one: ListedPrice, other: ListedPrice) -> bool:
    return replace(other, line=one.line, was_rounded=one.was_rounded) == one


def _name(price: ListedPrice) -> str:
    return f"{price.provider}/{price.model}"
