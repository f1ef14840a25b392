"""The bundled price library `genai-prices`: its models as lines of a price list.

Its prices are USD per million tokens; a model has one set of them, or several that begin on a date.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Protocol

from dashboard.engine.fields import FieldError
from dashboard.engine.money import PRICE_DECIMALS
from dashboard.engine.price_changes import ALWAYS
from dashboard.engine.price_lists import PER_MILLION, ListedPrice, PriceList, RefusedLine
from dashboard.engine.rating import Rates

PROVIDERS = {"openai": "openai", "anthropic": "anthropic", "google": "google", "azure": "azure"}
INPUT, OUTPUT, READ, WRITE = "input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"


class LibraryModel(Protocol):
    """A model of the library; its prices are one set, or several with the condition each holds under."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def prices(self) -> object:
        """What it costs."""
        ...


class LibraryProvider(Protocol):
    """A provider of the library."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def models(self) -> Sequence[LibraryModel]:
        """What it offers."""
        ...


def read_library(providers: Iterable[LibraryProvider]) -> PriceList:
    """Read every model of the providers kept here that has a price for both input and output tokens."""
    taken: list[ListedPrice] = []
    refused: list[RefusedLine] = []
    skipped: dict[str, int] = defaultdict(int)
    for provider in providers:
        name = PROVIDERS.get(provider.id)
        if name is None:
            skipped["of providers not kept here"] += len(provider.models)
            continue
        for model in provider.models:
            line = f"{provider.id}/{model.id}"
            try:
                prices = _dated(line, name, model)
            except FieldError as error:
                refused.append(RefusedLine(line, "bad_price", str(error)))
                continue
            if not prices:
                skipped["without a price for both input and output tokens"] += 1
            taken += prices
    return PriceList(tuple(taken), tuple(refused), dict(skipped))


def _dated(line: str, provider: str, model: LibraryModel) -> list[ListedPrice]:
    """Every dated price of a model; the first of several has held for ever."""
    sets = model.prices if isinstance(model.prices, list) else None
    if sets is None:
        found = _price(line, provider, model.id, vars(model.prices), None)
        return [found] if found else []
    return [
        price
        for one in sets
        if (price := _price(line, provider, model.id, vars(one.prices), _start(one.constraint))) is not None
    ]


def _start(constraint: object) -> datetime:
    if constraint is None:
        return ALWAYS
    start = getattr(constraint, "start_date", None)
    if not isinstance(start, date):
        raise FieldError("its price changes with the time of day; one price a moment can be kept")
    return datetime(start.year, start.month, start.day, tzinfo=UTC)


def _price(
    line: str, provider: str, model: str, prices: Mapping[str, object], start: datetime | None
) -> ListedPrice | None:
    if prices.get(INPUT) is None or prices.get(OUTPUT) is None:
        return None
    threshold = _threshold(prices)
    return ListedPrice(
        line=line if start is None or start == ALWAYS else f"{line} from {start:%Y-%m-%d}",
        provider=provider,
        model=model,
        rates=_rates(prices, None),
        threshold_tokens=threshold,
        high_rates=None if threshold is None else _rates(prices, threshold),
        effective_from=start,
        was_rounded=any(_rounded(value) for value in prices.values()),
        unit_tokens=PER_MILLION,
    )


def _threshold(prices: Mapping[str, object]) -> int | None:
    starts = {tier.start for name in (INPUT, OUTPUT, READ, WRITE) for tier in _tiers(prices.get(name))}
    if len(starts) > 1:
        raise FieldError(f"prices change at {len(starts)} context sizes; one can be kept")
    return starts.pop() if starts else None


def _tiers(price: object) -> Sequence["_Tier"]:
    return getattr(price, "tiers", ())


class _Tier(Protocol):
    start: int
    price: Decimal


def _rates(prices: Mapping[str, object], threshold: int | None) -> Rates:
    uncached, output = _per_1k(prices.get(INPUT), threshold), _per_1k(prices.get(OUTPUT), threshold)
    return Rates(
        uncached=uncached or Decimal(0),
        output=output or Decimal(0),
        cached=_per_1k(prices.get(READ), threshold),
        written=_per_1k(prices.get(WRITE), threshold),
    )


def _per_1k(price: object, threshold: int | None) -> Decimal | None:
    """USD per 1,000 tokens, below or above the context size."""
    if price is None:
        return None
    per_million = _base(price)
    if threshold is not None:
        per_million = next((tier.price for tier in _tiers(price) if tier.start == threshold), per_million)
    return (per_million / 1000).quantize(PRICE_DECIMALS)


def _base(price: object) -> Decimal:
    base = getattr(price, "base", price)
    if not isinstance(base, Decimal):
        raise FieldError(f"{base!r} is not a price")
    return base


def _rounded(price: object) -> bool:
    values = [getattr(price, "base", price), *(tier.price for tier in _tiers(price))]
    return any(
        isinstance(value, Decimal) and value / 1000 != (value / 1000).quantize(PRICE_DECIMALS) for value in values
    )
