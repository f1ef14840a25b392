"""The specification of rating, independent of the engine: what a request costs, is worth and is due."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Generic, TypeVar

ZERO = Decimal(0)
SCOPES = ("combination", "model", "provider", "tier")
Scope = tuple[str | None, str | None, str | None]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Event:
    """One request as it is reported."""

    user: str
    request_id: str
    provider: str
    model: str
    tokens: tuple[int, int, int, int]
    status: str
    key_mode: str
    reported: Decimal | None
    estimated: bool
    started: datetime
    completed: datetime | None


@dataclass(frozen=True)
class VendorPrice:
    """USD per 1,000 tokens: uncached, cached, written, output; with a threshold, those above it."""

    id: str
    rates: tuple[Decimal, Decimal | None, Decimal | None, Decimal]
    threshold: int | None = None
    high: tuple[Decimal, Decimal | None, Decimal | None, Decimal] | None = None


@dataclass(frozen=True)
class Rated:
    """What rating says of one request; cost and value are None when nobody knows the price."""

    tier: str
    cost_status: str
    price_id: str | None
    cost: Decimal | None
    scope: str
    multiplier: Decimal
    value: Decimal | None
    unit: Decimal
    increment: Decimal
    due: Decimal


@dataclass
class History(Generic[Value]):
    """Values that hold from an instant until the next one."""

    starts: list[datetime] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def change(self, start: datetime, value: Value) -> None:
        """Let a later value follow."""
        assert not self.starts or start > self.starts[-1]
        self.starts.append(start)
        self.values.append(value)

    def at(self, instant: datetime) -> Value | None:
        """Return what holds at that instant; None before the first."""
        place = bisect_right(self.starts, instant)
        return self.values[place - 1] if place else None


@dataclass
class Catalogue:
    """Everything that says what a request costs; None in a history ends what held before."""

    policies: History[tuple[Decimal, Decimal]] = field(default_factory=History)
    prices: dict[tuple[str, str], History[VendorPrice | None]] = field(default_factory=dict)
    multipliers: dict[Scope, History[Decimal | None]] = field(default_factory=dict)
    tiers: dict[str, History[str]] = field(default_factory=dict)

    def rate(self, event: Event) -> Rated:
        """Rate a request with what held when it started."""
        tier = self.tiers[event.user].at(event.started) if event.user in self.tiers else None
        tier = tier or "free"
        policy = self.policies.at(event.started)
        assert policy is not None
        prices = self.prices.get((event.provider, event.model))
        price = prices.at(event.started) if prices else None
        status, cost = self._cost(event, price)
        scope, multiplier = self._multiplier(event, tier)
        with localcontext(prec=80):
            value = None if cost is None else cost * multiplier
        return Rated(
            tier=tier,
            cost_status=status,
            price_id=price.id if price and status in {"computed", "estimated"} and event.reported is None else None,
            cost=cost,
            scope=scope,
            multiplier=multiplier,
            value=value,
            unit=policy[0],
            increment=policy[1],
            due=ZERO if value is None else round_up(value, *policy),
        )

    @staticmethod
    def _cost(event: Event, price: VendorPrice | None) -> tuple[str, Decimal | None]:
        if event.key_mode == "own":
            return "none", ZERO
        if event.reported is not None:
            return "estimated" if event.estimated else "reported", event.reported
        if event.status in {"failed", "rate_limited"}:
            return "none", ZERO
        if price is None:
            return "unpriced", None
        return "estimated" if event.estimated else "computed", computed(event.tokens, price)

    def _multiplier(self, event: Event, tier: str) -> tuple[str, Decimal]:
        if event.key_mode == "own" or event.status in {"failed", "rate_limited"}:
            return "none", ZERO
        # From the most to the least particular; the first that holds wins, alone.
        for scope, wanted in (
            ("combination", (tier, event.provider, event.model)),
            ("combination", (tier, None, event.model)),
            ("combination", (tier, event.provider, None)),
            ("model", (None, event.provider, event.model)),
            ("model", (None, None, event.model)),
            ("provider", (None, event.provider, None)),
            ("tier", (tier, None, None)),
        ):
            history = self.multipliers.get(wanted)
            multiplier = history.at(event.started) if history else None
            if multiplier is not None:
                return scope, multiplier
        return "default", Decimal("1.5")


def computed(tokens: tuple[int, int, int, int], price: VendorPrice) -> Decimal:
    """Σ tokens × rate ÷ 1,000; a missing cache rate is the full input rate."""
    rates = price.rates
    if price.threshold is not None and price.high and sum(tokens[:3]) > price.threshold:
        rates = price.high
    with localcontext(prec=80):
        each = (rates[0] if rate is None else rate for rate in rates)
        return sum((number * rate for number, rate in zip(tokens, each, strict=True)), ZERO) / 1000


def round_up(value: Decimal, unit: Decimal, increment: Decimal) -> Decimal:
    """The only rounding of a charge: up to the next whole increment."""
    steps = Fraction(value) / (Fraction(unit) * Fraction(increment))
    return -(-steps.numerator // steps.denominator) * increment
