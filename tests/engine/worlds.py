"""Random worlds for the agreement test: prices, multipliers, plans, grants and requests that meet in few instants.

A world follows from its seed, so that it can be dense and still be found again; values are few where rules
compare them (instants, priorities, token counts), so that ties and edges come up in most worlds.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from random import Random
from uuid import UUID

from dashboard.engine.charging import Grant
from dashboard.engine.credits import Policy
from dashboard.engine.rating import Price, Rates, Rule, Tokens, Usage

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
BEFORE_ALL_RULES = datetime(2024, 3, 1, tzinfo=UTC)
PROVIDERS = tuple(UUID(f"8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d000{n}") for n in (1, 2))
MODELS = ("large", "small")
TIERS = ("free", "pro", "enterprise_pro", "perpetual")
CENTURY = datetime(2000, 1, 1, tzinfo=UTC)
SELDOM, HALF, MOSTLY = 0.12, 0.5, 0.8


Scope = tuple[str, str | None, UUID | None, str | None]


@dataclass(frozen=True)
class Dated:
    """Something that holds in [start, end)."""

    start: datetime
    end: datetime | None

    def holds(self, instant: datetime) -> bool:
        return self.start <= instant and (self.end is None or instant < self.end)


@dataclass(frozen=True)
class DatedPrice(Dated):
    provider_id: UUID
    model_id: str
    price: Price


@dataclass(frozen=True)
class DatedRule(Dated):
    rule: Rule


@dataclass(frozen=True)
class Event:
    user: int
    request_id: UUID
    provider_id: UUID
    model_id: str
    usage: Usage
    started_at: datetime

    def body(self) -> str:
        return sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True)
class World:
    users: tuple[UUID, ...]
    policies: dict[datetime, Policy]
    prices: list[DatedPrice]
    rules: list[DatedRule]
    plans: list[dict[datetime, str]]
    grants: list[list[Grant]]
    batches: list[list[Event]]
    simulated: bool


UNITS = (Decimal("0.001"), Decimal("0.01"), Decimal("0.0003"))
INCREMENTS = (Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal("0.25"))
PAID = (Decimal(0), Decimal(19), Decimal("9.99"), Decimal("0.333333333333333333"))
TOKENS = (0, 0, 100, 100, 200, 1000, 7919)
THRESHOLDS = (100, 200, 300)
STATUSES = ("success",) * 9 + ("cancelled", "failed", "rate_limited")


def world_of(seed: int) -> World:
    """Make the world of a seed."""
    chance = Random(seed)
    users = tuple(_id(chance) for _ in range(chance.randint(1, 3)))
    pool = [_event(chance, len(users)) for _ in range(chance.randint(6, 30))]
    # The id of one request on another, which is a conflict where both are of one customer.
    pool += [replace(chance.choice(pool), request_id=chance.choice(pool).request_id) for _ in range(2)]
    return World(
        users=users,
        policies={_instant(chance): _policy(chance) for _ in range(chance.randint(0, 2))},
        prices=[price for provider in PROVIDERS for model in MODELS for price in _prices(chance, provider, model)],
        rules=_rules(chance),
        plans=[{_instant(chance): chance.choice(TIERS) for _ in range(chance.randint(0, 2))} for _ in users],
        grants=[[_grant(chance) for _ in range(chance.randint(0, 9))] for _ in users],
        # Drawn from a pool, so that the very same event comes again, in the same batch and in later ones.
        batches=[chance.choices(pool, k=chance.randint(1, 20)) for _ in range(chance.randint(1, 3))],
        simulated=chance.random() < HALF,
    )


def _id(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _instant(chance: Random) -> datetime:
    if chance.random() < SELDOM:
        return BEFORE_ALL_RULES
    return NOON + timedelta(hours=chance.randint(-4, 4))


def _windows(chance: Random) -> list[tuple[datetime, datetime | None]]:
    """Always, or up to two windows that follow one another, perhaps with a gap, perhaps without an end."""
    if chance.random() < HALF:
        return [(CENTURY, None)]
    edges: list[datetime | None] = [*sorted({_instant(chance) for _ in range(chance.randint(1, 4))})]
    if len(edges) % 2:
        edges.append(None)
    return [(start, end) for start, end in list(pairwise(edges))[::2] if start is not None]


def _policy(chance: Random) -> Policy:
    return Policy(chance.choice(UNITS), chance.choice(INCREMENTS))


def _prices(chance: Random, provider_id: UUID, model_id: str) -> list[DatedPrice]:
    return [
        DatedPrice(start, end, provider_id, model_id, _price(chance))
        for start, end in _windows(chance)
        if chance.random() > SELDOM
    ]


def _price(chance: Random) -> Price:
    threshold = chance.choice([None, *THRESHOLDS])
    return Price(_id(chance), _rates(chance), threshold, _rates(chance) if threshold else None)


def _rates(chance: Random) -> Rates:
    if chance.random() < SELDOM:
        return Rates(Decimal(0), Decimal(0))
    cached, written = (_rate(chance) if chance.random() < HALF else None for _ in range(2))
    return Rates(uncached=_rate(chance), output=_rate(chance), cached=cached, written=written)


def _rate(chance: Random) -> Decimal:
    places = chance.choice([4, 10])
    return Decimal(chance.randint(0, 10**places // 10)).scaleb(-places)


def _rules(chance: Random) -> list[DatedRule]:
    made = {_scope(chance) for _ in range(chance.randint(0, 14))}
    return [
        DatedRule(start, end, Rule(_id(chance), scope, _multiplier(chance), tier, provider_id, model_id))
        for scope, tier, provider_id, model_id in sorted(made, key=str)
        for start, end in _windows(chance)
    ]


def _multiplier(chance: Random) -> Decimal:
    return Decimal(chance.choice([10_000, 12_000, 15_000, chance.randint(1, 999_900)])).scaleb(-4)


def _scope(chance: Random) -> Scope:
    tier, provider_id, model_id = chance.choice(TIERS), chance.choice(PROVIDERS), chance.choice(MODELS)
    scopes: list[Scope] = [
        ("combination", tier, provider_id, model_id),
        ("combination", tier, provider_id, None),
        ("combination", tier, None, model_id),
        ("model", None, provider_id, model_id),
        ("model", None, None, model_id),
        ("provider", None, provider_id, None),
        # The one tier that has no multiplier from the start.
        ("tier", "perpetual", None, None),
    ]
    return chance.choice(scopes)


def _grant(chance: Random) -> Grant:
    granted = Decimal(chance.choice([chance.randint(1, 60_000_000), chance.randint(1, 3000) * 10**6])).scaleb(-6)
    effective_at = _instant(chance) - timedelta(hours=chance.randint(0, 8))
    expires_at = NOON + timedelta(hours=chance.randint(0, 6))
    return Grant(
        id=_id(chance),
        granted=granted,
        remaining=granted,
        paid_usd=chance.choice(PAID),
        effective_at=effective_at,
        expires_at=expires_at if expires_at > effective_at and chance.random() < MOSTLY else None,
        priority=chance.choice([10, 20]),
    )


def _event(chance: Random, users: int) -> Event:
    reported = Decimal(chance.randint(0, 10**11)).scaleb(-12) if chance.random() < SELDOM else None
    return Event(
        user=chance.randrange(users),
        request_id=_id(chance),
        provider_id=chance.choice(PROVIDERS),
        model_id=chance.choice([*MODELS, *MODELS, *MODELS, "unheard-of"]),
        usage=Usage(
            tokens=Tokens(*(chance.choice(TOKENS) for _ in range(4))),
            status=chance.choice(STATUSES),
            key_mode="own" if chance.random() < SELDOM else "system",
            reported_cost_usd=reported,
            cost_estimated=chance.random() < SELDOM,
        ),
        started_at=_instant(chance),
    )
