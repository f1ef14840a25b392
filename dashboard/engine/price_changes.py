"""What a price list changes: new, changed, unchanged or refused, compared with the dated prices known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from uuid import NAMESPACE_URL, UUID, uuid5

from dashboard.engine.money import EXACT
from dashboard.engine.price_lists import ListedPrice, RefusedLine
from dashboard.engine.rating import Rates
from dashboard.engine.unit_slips import list_slip, unit_slip

# An undated list holds from here for a model without a price.
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
PRICES = uuid5(NAMESPACE_URL, "https://ledgerline.example/vendor-price")
PERCENT_DECIMALS = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class KnownPrice:
    """One dated price as it is kept: it holds in [effective_from, effective_until)."""

    id: UUID
    provider: str
    model: str
    rates: Rates
    threshold_tokens: int | None
    high_rates: Rates | None
    is_free: bool
    effective_from: datetime
    effective_until: datetime | None

    def says(self, listed: ListedPrice) -> bool:
        """Whether the listed line says this very price."""
        return (self.rates, self.threshold_tokens, self.high_rates, self.is_free) == (
            listed.rates,
            listed.threshold_tokens,
            listed.high_rates,
            listed.is_free,
        )

    def holds_at(self, instant: datetime) -> bool:
        """Whether this price holds at that moment."""
        return self.effective_from <= instant and (self.effective_until is None or instant < self.effective_until)


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price to add: it closes the one before it (`previous`) and ends where the next one starts."""

    id: UUID
    listed: ListedPrice
    effective_from: datetime
    effective_until: datetime | None
    previous: KnownPrice | None

    @property
    def closes(self) -> UUID | None:
        """The price that must end when this one starts, if it does not already."""
        previous = self.previous
        return previous.id if previous and previous.holds_at(self.effective_from) else None

    def as_known(self) -> KnownPrice:
        """Return this price as it will be kept."""
        line = self.listed
        return KnownPrice(
            self.id,
            line.provider,
            line.model,
            line.rates,
            line.threshold_tokens,
            line.high_rates,
            line.is_free,
            self.effective_from,
            self.effective_until,
        )

    @property
    def change_percent_input(self) -> Decimal | None:
        """How much the input price moved, in percent; None without a previous one."""
        return change_percent(self.previous.rates.uncached, self.listed.rates.uncached) if self.previous else None

    @property
    def change_percent_output(self) -> Decimal | None:
        """How much the output price moved, in percent; None without a previous one."""
        return change_percent(self.previous.rates.output, self.listed.rates.output) if self.previous else None


@dataclass(frozen=True, slots=True)
class Differences:
    """What applying a list would do."""

    added: tuple[NewPrice, ...]
    unchanged: tuple[KnownPrice, ...]
    refused: tuple[RefusedLine, ...]


def differences(listed: Iterable[ListedPrice], known: Iterable[KnownPrice], now: datetime) -> Differences:
    """Compare a list with the prices known; a dated line holds from its date, an undated one as domain §8 says."""
    listed = list(listed)
    history = histories(known)
    stopped = stopped_list(listed, history, now)
    if stopped:
        return Differences((), (), tuple(RefusedLine(line.line, "unit_slip", stopped) for line in listed))
    added: list[NewPrice] = []
    unchanged: list[KnownPrice] = []
    refused: list[RefusedLine] = []
    for line in sorted(listed, key=lambda line: line.effective_from or ALWAYS):
        of_model = history.setdefault((line.provider, line.model), [])
        match difference(line, of_model, now):
            case NewPrice() as new:
                added.append(new)
                _enter(new, of_model)
            case KnownPrice() as same:
                unchanged.append(same)
            case refusal:
                refused.append(refusal)
    return Differences(tuple(added), tuple(unchanged), tuple(refused))


def histories(known: Iterable[KnownPrice]) -> dict[tuple[str, str], list[KnownPrice]]:
    """Sort the prices known by model, oldest first."""
    found: dict[tuple[str, str], list[KnownPrice]] = {}
    for price in sorted(known, key=lambda price: price.effective_from):
        found.setdefault((price.provider, price.model), []).append(price)
    return found


def stopped_list(
    listed: Iterable[ListedPrice], history: Mapping[tuple[str, str], Sequence[KnownPrice]], now: datetime
) -> str | None:
    """Say why a whole list is stopped: most of its prices are in another unit than it claims; None if they are not."""
    pairs = []
    for line in listed:
        of_model = history.get((line.provider, line.model), ())
        before = [price for price in of_model if price.effective_from <= (line.effective_from or now)]
        nearest = before[-1] if before else (of_model[0] if of_model else None)
        pairs.append((line, nearest.rates if nearest else None))
    return list_slip(pairs)


def difference(line: ListedPrice, history: Sequence[KnownPrice], now: datetime) -> NewPrice | KnownPrice | RefusedLine:
    """Say what one line changes in the history of its model, oldest first."""
    start = line.effective_from or (now if history else ALWAYS)
    before = [price for price in history if price.effective_from <= start]
    previous = before[-1] if before else None
    if previous and previous.holds_at(start) and previous.says(line):
        return previous
    if previous and previous.effective_from == start:
        return RefusedLine(
            line.line, "same_start", f"{_name(line)} has another price from {start:%Y-%m-%d %H:%M} already"
        )
    nearest = previous or (history[0] if history else None)
    slip = unit_slip(line, nearest.rates if nearest else None)
    if slip:
        return RefusedLine(line.line, "unit_slip", slip)
    following = [price.effective_from for price in history if price.effective_from > start]
    price_id = uuid5(PRICES, f"{_name(line)} {start.isoformat()}")
    return NewPrice(price_id, line, start, following[0] if following else None, previous)


def change_percent(old: Decimal, new: Decimal) -> Decimal | None:
    """Return the change in percent, 4 decimals; None when there was nothing to change from."""
    if old == 0:
        return None
    with localcontext(EXACT):
        return ((new - old) * 100 / old).quantize(PERCENT_DECIMALS, rounding=ROUND_HALF_EVEN)


def _enter(new: NewPrice, history: list[KnownPrice]) -> None:
    """Write the new price into the history of its model, as the books will have it."""
    if new.closes and new.previous:
        history[history.index(new.previous)] = replace(new.previous, effective_until=new.effective_from)
    history.append(new.as_known())
    history.sort(key=lambda price: price.effective_from)


def _name(line: ListedPrice) -> str:
    return f"{line.provider}/{line.model}"
