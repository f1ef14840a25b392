"""Slips of units: a price per million tokens where one per token is meant is a million times too high.

One line is stopped by comparing it with the known price. A whole list is stopped when most of it slips
the same way, so that the models nobody knows yet do not come in with it.
"""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.rating import Rates

# Nothing sold by the token costs a dollar for a thousand; per-million prices given as per-thousand do.
IMPLAUSIBLE_PER_1K = Decimal(1)
# A factor this far off is a slip of units, not a change of price.
SLIP = Decimal(500)
# From this factor on it is a slip by a million rather than by a thousand.
MILLION = Decimal(30_000)
# An implausible price this high is one per million tokens given as one per token.
IMPLAUSIBLE_PER_TOKEN = Decimal(30)
UNITS = {1: "per token", 1_000: "per 1,000 tokens", 1_000_000: "per million tokens"}
# One slip stops its line; two and more that are half of what can be judged stop the list.
FEWEST_OF_A_LIST = 2

Pair = tuple[ListedPrice, Rates | None]


def unit_slip(line: ListedPrice, known: Rates | None) -> str | None:
    """Name the slip of units a price must be, compared with the known one or with anything sold; None if it is none."""
    for kind, old, new in _pairs(line.rates, known):
        if old and new and not 1 / SLIP < new / old < SLIP:
            return _slip_of(kind, old, new, line.unit_tokens)
        if new > IMPLAUSIBLE_PER_1K:
            named = slip_name(line.unit_tokens, _power_of_implausible(line.unit_tokens, new))
            return (
                f"{new:f} USD per 1,000 {kind} tokens is implausible; is it the price of 1,000,000?"
                f"{f' It looks {named}.' if named else ''}"
            )
    return None


def list_slip(pairs: Sequence[Pair]) -> str | None:
    """Name the slip of a whole list of lines and the rates known of their models; None if it is in its unit."""
    powers = [power for line, known in pairs if (power := _power(line, known)) is not None]
    slipped = Counter(power for power in powers if power)
    if not slipped:
        return None
    power, lines = slipped.most_common(1)[0]
    if lines < FEWEST_OF_A_LIST or 2 * lines < len(powers):
        return None
    named = slip_name(pairs[0][0].unit_tokens, power) or f"wrong by a factor of about {10 ** abs(power):,}"
    return f"The list looks {named}: {lines:,} of {len(powers):,} prices that can be judged are. None was taken."


def slip_name(unit_tokens: int, power: int) -> str | None:
    """Say in words what a price that is 10^power times too high was given per; None where there is no such unit."""
    meant, given = UNITS.get(unit_tokens), UNITS.get(int(unit_tokens * Decimal(10) ** power))
    return f"given {given} where {meant} is meant" if meant and given and given != meant else None


def _power(line: ListedPrice, known: Rates | None) -> int | None:
    """Return by which power of ten a line slips, 0 for not at all; None if nothing says."""
    pairs = _pairs(line.rates, known)
    for _, old, new in pairs:
        if old and new and not 1 / SLIP < new / old < SLIP:
            return _power_of(old, new)
        if new > IMPLAUSIBLE_PER_1K:
            return _power_of_implausible(line.unit_tokens, new)
    return 0 if any(new for _, _, new in pairs) else None


def _power_of(old: Decimal, new: Decimal) -> int:
    power = 6 if max(new / old, old / new) >= MILLION else 3
    return power if new > old else -power


def _power_of_implausible(unit_tokens: int, new: Decimal) -> int:
    return 6 if unit_tokens == 1 and new >= IMPLAUSIBLE_PER_TOKEN else 3


def _pairs(rates: Rates, known: Rates | None) -> list[tuple[str, Decimal, Decimal]]:
    none = Decimal(0)
    old = known or Rates(none, none)
    return [
        ("input", old.uncached, rates.uncached),
        ("output", old.output, rates.output),
        ("cached input", old.cached or none, rates.cached or none),
        ("cache-write", old.written or none, rates.written or none),
    ]


def _slip_of(kind: str, old: Decimal, new: Decimal, unit_tokens: int) -> str:
    power = _power_of(old, new)
    named = slip_name(unit_tokens, power)
    return (
        f"{new:f} USD per 1,000 {kind} tokens is {max(new / old, old / new):,.0f} times "
        f"{'more' if power > 0 else 'less'} than the {old:f} known: a slip of units by about {10 ** abs(power):,}"
        f"{f' ({named})' if named else ''}"
    )
