"""How costs are spread: percentiles from 256 logarithmic buckets, right within 4 %.

Bucket 0 is a cost of zero; 1 to 254 are equal steps of one ratio from $0.000001 to $100, the first
holding everything below it too; 255 is $100 and more. `cost_bucket` in migrations/sql/0004 fills them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext

from dashboard.engine.money import EXACT

STEPS = 254
LOWEST_EXPONENT, DECADES = -6, 8
LAST = STEPS + 1
DIGITS = 30
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many requests fell into one bucket, and what they cost together, USD."""

    number: int
    requests: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Range:
    """A range of costs as people say it: from `low` up to, but without, `high` (None: no end); USD."""

    low: Decimal
    high: Decimal | None
    requests: int
    cost_usd: Decimal


def edge_usd(number: int) -> Decimal:
    """Return where a bucket from 1 to 255 starts, USD; the first also holds what is below."""
    with localcontext(prec=DIGITS):
        return Decimal(10) ** (LOWEST_EXPONENT + Decimal(number - 1) * DECADES / STEPS)


def merged(buckets: Iterable[Bucket]) -> list[Bucket]:
    """Add up buckets of one number, in order."""
    found: dict[int, tuple[int, Decimal]] = {}
    for one in buckets:
        requests, cost = found.get(one.number, (0, ZERO))
        found[one.number] = (requests + one.requests, cost + one.cost_usd)
    return [Bucket(number, *found[number]) for number in sorted(found)]


def mean_usd(buckets: Iterable[Bucket]) -> Decimal | None:
    """Return the exact mean, USD; None without a request."""
    buckets = list(buckets)
    return average_usd(sum((one.cost_usd for one in buckets), ZERO), sum(one.requests for one in buckets))


def average_usd(cost_usd: Decimal, requests: int) -> Decimal | None:
    """Return cost ÷ requests, USD; None without a request."""
    if requests == 0:
        return None
    with localcontext(EXACT):
        return cost_usd / requests


def percentile_usd(buckets: Sequence[Bucket], percent: Decimal | int) -> Decimal | None:
    """Return the cost that `percent` of the requests do not exceed, USD, within 4 %; None without a request.

    Nearest rank: the bucket that holds request number ceil(percent × n), and of it the middle.
    """
    everything = sum(one.requests for one in buckets)
    if everything == 0:
        return None
    rank = max(1, int((Decimal(percent) * everything / 100).to_integral_value(ROUND_CEILING)))
    seen = 0
    for one in merged(buckets):
        seen += one.requests
        if seen >= rank:
            return _middle_usd(one)
    return None


def ranges(buckets: Sequence[Bucket]) -> list[Range]:
    """Group buckets to ranges of 1, 2, 5, 10 …, from the first to the last that is not empty; zero stands alone."""
    placed: dict[int, tuple[int, Decimal]] = {}
    free = [one for one in merged(buckets) if one.number == 0 and one.requests]
    for one in merged(buckets):
        if one.number and one.requests:
            place = _place(one)
            requests, cost = placed.get(place, (0, ZERO))
            placed[place] = (requests + one.requests, cost + one.cost_usd)
    found = [Range(ZERO, ZERO, one.requests, one.cost_usd) for one in free]
    between = range(min(placed), max(placed) + 1) if placed else range(0)
    return found + [Range(BOUNDS[i], _high(i), *placed.get(i, (0, ZERO))) for i in between]


def _middle_usd(bucket: Bucket) -> Decimal | None:
    """Geometric, so that it is off by at most half a step; the open ends are told by their mean."""
    if bucket.number == 0:
        return ZERO
    if bucket.number in {1, LAST}:
        return average_usd(bucket.cost_usd, bucket.requests)
    with localcontext(prec=DIGITS):
        return (edge_usd(bucket.number) * edge_usd(bucket.number + 1)).sqrt()


def _place(bucket: Bucket) -> int:
    with localcontext(prec=DIGITS):
        middle = BOUNDS[-1] if bucket.number == LAST else (edge_usd(bucket.number) * edge_usd(bucket.number + 1)).sqrt()
    return max(i for i, bound in enumerate(BOUNDS) if bound <= middle)


def _high(place: int) -> Decimal | None:
    return BOUNDS[place + 1] if place + 1 < len(BOUNDS) else None


BOUNDS = [
    *(Decimal(digit).scaleb(exponent) for exponent in range(LOWEST_EXPONENT, 2) for digit in (1, 2, 5)),
    Decimal(100),
]
