"""How a change falls on customers: not a mean, but quantiles and a histogram."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

ZERO = Decimal(0)
PERCENTS = (0, 5, 25, 50, 75, 95, 100)
EDGES = tuple(Decimal(edge) for edge in (1, 10, 100, 1_000, 10_000, 100_000))


@dataclass(frozen=True, slots=True)
class Bin:
    """How many customers' credits change by at least `low` and less than `high`; None is without bound."""

    low: Decimal | None
    high: Decimal | None
    customers: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of the change in credits (percent, credits), and how many customers see a change of which size."""

    quantiles: Sequence[tuple[int, Decimal]]
    bins: Sequence[Bin]


def spread_of(changes: Sequence[Decimal]) -> Spread:
    """Spread the changes of customers, in credits; a quantile is a customer's own change, never between two."""
    ordered = sorted(changes)
    quantiles = [(percent, ordered[(len(ordered) - 1) * percent // 100]) for percent in PERCENTS] if ordered else []
    edges = [None, *(-edge for edge in reversed(EDGES)), ZERO, *EDGES, None]
    bins = [Bin(low, high, sum(_within(change, low, high) for change in ordered)) for low, high in pairwise(edges)]
    used = [place for place, one in enumerate(bins) if one.customers]
    return Spread(quantiles, bins[used[0] : used[-1] + 1] if used else [])


def _within(change: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or change >= low) and (high is None or change < high)
