"""What a source says beside what is known: one line per price, for a person to accept or to refuse."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from dashboard.engine.price_changes import (
    ALWAYS,
    KnownPrice,
    NewPrice,
    change_percent,
    difference,
    histories,
    stopped_list,
)
from dashboard.engine.price_lists import ListedPrice, RefusedLine
from dashboard.engine.rating import Rates

ACT_ABOVE, REVIEW_FROM = Decimal(10), Decimal(5)
ACT_WITHIN = timedelta(days=7)
CLASSES = {
    "act": "Above 10%",
    "review": "5 to 10%",
    "minor": "Below 5%",
    "new": "First price",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One line and where it stands: open, same or blocked (with the reason); `known` is what it was compared with."""

    line: ListedPrice
    state: str
    known: KnownPrice | None = None
    change_class: str | None = None
    blocked_reason: str | None = None

    @property
    def change_percent_input(self) -> Decimal | None:
        """How much the input price moves, in percent."""
        return self._change("uncached")

    @property
    def change_percent_output(self) -> Decimal | None:
        """How much the output price moves, in percent."""
        return self._change("output")

    def _change(self, name: str) -> Decimal | None:
        """A blocked price is none, so it moves nothing."""
        if self.known is None or self.state == "blocked":
            return None
        return change_percent(getattr(self.known.rates, name), getattr(self.line.rates, name))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every line of a source; `stopped` says why none of them can be taken."""

    lines: tuple[Compared, ...]
    stopped: str | None = None


def compare(
    listed: Sequence[ListedPrice], known: Iterable[KnownPrice], now: datetime, *, by_hand: bool = False
) -> Comparison:
    """Compare what a source says with what is known at `now`; nothing is applied by it.

    What a person typed is asked about as typed; of a list only what is news.
    """
    history = histories(known)
    stopped = stopped_list(listed, history, now)
    if stopped:
        return Comparison(tuple(Compared(line, "blocked", blocked_reason=stopped) for line in listed), stopped)
    of_models: dict[tuple[str, str], list[ListedPrice]] = {}
    for line in listed:
        of_models.setdefault((line.provider, line.model), []).append(line)
    found = [
        _compared(line, history.get(model, ()), now)
        for model, lines in of_models.items()
        for line in (lines if by_hand else news(lines, history.get(model, ()), now))
    ]
    return Comparison(tuple(found))


def news(lines: Sequence[ListedPrice], history: Sequence[KnownPrice], now: datetime) -> list[ListedPrice]:
    """Of the dated prices of one model keep those that can change anything.

    For a model without a price that is every one that changes something. Else it is what begins after the price known now began,
    and what the source says holds now: if that began earlier, it is asked about as from now.
    """
    if not history:
        return _turns(lines)
    holding = next((price for price in history if price.holds_at(now)), None)
    past = [price for price in history if price.effective_from <= now]
    since = holding.effective_from if holding else (past[-1].effective_until or ALWAYS) if past else ALWAYS
    begun = [line for line in lines if (line.effective_from or now) <= now]
    current = max(begun, key=lambda line: line.effective_from or now, default=None)
    kept = [line for line in lines if line.effective_from is None or line.effective_from > since]
    if current is not None and current not in kept:
        kept.append(replace(current, effective_from=None))
    return kept


def _turns(lines: Sequence[ListedPrice]) -> list[ListedPrice]:
    """Leave out what begins without changing anything: the price before it goes on."""
    ordered = sorted(lines, key=lambda line: line.effective_from or ALWAYS)
    return [
        line
        for place, line in enumerate(ordered)
        if place == 0 or line.effective_from is None or _prices(ordered[place - 1]) != _prices(line)
    ]


def movements(old: Rates, new: Rates) -> list[Decimal]:
    """How far each of the four rates in force moves, in percent: input, output, cached, written."""
    return [
        change_percent(before, after) or Decimal(0 if before == after else 100)
        for before, after in _rate_pairs(old, new)
    ]


def change_class(known: KnownPrice | None, line: ListedPrice) -> str:
    """Class a change by the largest of its movements: above 10% act, from 5% review; a first price is new."""
    if known is None:
        return "new"
    largest = max(abs(change) for change in _changes(known, line))
    return "act" if largest > ACT_ABOVE else "review" if largest >= REVIEW_FROM else "minor"


def act_by(first_seen_at: datetime, change: str | None) -> datetime | None:
    """Return until when a change should be decided; None where nothing presses."""
    return first_seen_at + ACT_WITHIN if change == "act" else None


def said(line: ListedPrice) -> bytes:
    """Fingerprint what a source says of a model: the same words have the same."""
    facts = (line.effective_from, line.rates, line.threshold_tokens, line.high_rates, line.is_free)
    return sha256(repr(tuple(_plain(fact) for fact in facts)).encode()).digest()


def agreement(opinions: Mapping[str, ListedPrice], line: ListedPrice) -> tuple[list[str], list[str]]:
    """Say which sources name the same price as this line, and which another; by what holds, not since when."""
    agree = [name for name, other in opinions.items() if _prices(other) == _prices(line)]
    return agree, [name for name in opinions if name not in agree]


def _compared(line: ListedPrice, history: Sequence[KnownPrice], now: datetime) -> Compared:
    match difference(line, history, now):
        case NewPrice(previous=previous):
            return Compared(line, "open", previous, change_class(previous, line))
        case KnownPrice() as same:
            return Compared(line, "same", same)
        case RefusedLine() as refused:
            holding = next((price for price in history if price.holds_at(line.effective_from or now)), None)
            return Compared(line, "blocked", holding, blocked_reason=refused.reason)


def _changes(known: KnownPrice, line: ListedPrice) -> list[Decimal]:
    """Every movement in percent; where there was nothing before, or a context price comes or goes, a full one."""
    pairs = [*_rate_pairs(known.rates, line.rates)]
    if known.high_rates and line.high_rates and known.threshold_tokens == line.threshold_tokens:
        pairs += _rate_pairs(known.high_rates, line.high_rates)
    elif (known.high_rates, known.threshold_tokens) != (line.high_rates, line.threshold_tokens):
        pairs.append((Decimal(1), Decimal(2)))
    return [change_percent(old, new) or Decimal(0 if old == new else 100) for old, new in pairs]


def _rate_pairs(old: Rates, new: Rates) -> list[tuple[Decimal, Decimal]]:
    return [(_in_force(old, name), _in_force(new, name)) for name in ("uncached", "output", "cached", "written")]


def _in_force(rates: Rates, name: str) -> Decimal:
    """Return the rate that is charged: a missing cache rate is the input rate."""
    value: Decimal | None = getattr(rates, name)
    return rates.uncached if value is None else value


def _prices(line: ListedPrice) -> tuple[object, ...]:
    return line.rates, line.threshold_tokens, line.high_rates, line.is_free


def _plain(fact: object) -> object:
    if isinstance(fact, Rates):
        return tuple(
            None if rate is None else f"{rate:.10f}" for rate in (fact.uncached, fact.output, fact.cached, fact.written)
        )
    return fact.isoformat() if isinstance(fact, datetime) else fact
