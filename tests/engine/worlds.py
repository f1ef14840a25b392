"""Random worlds for the agreement test: prices, multipliers, plans, grants and requests that meet in few instants."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from uuid import UUID

from hypothesis import strategies as st

from dashboard.engine.charging import Grant
from dashboard.engine.credits import Policy
from dashboard.engine.rating import Price, Rates, Rule, Tokens, Usage

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
BEFORE_ALL_RULES = datetime(2024, 3, 1, tzinfo=UTC)
PROVIDERS = tuple(UUID(f"8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d000{n}") for n in (1, 2))
MODELS = ("large", "small")
TIERS = ("free", "pro", "enterprise_pro", "perpetual")
CENTURY = datetime(2000, 1, 1, tzinfo=UTC)


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


instants = st.one_of(st.integers(-6, 6).map(lambda hours: NOON + timedelta(hours=hours)), st.just(BEFORE_ALL_RULES))
# A dozen customers' ids out of all there are, in any order.
ids = st.uuids(version=4)


def decimals(places: int, largest: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, largest * 10**places).map(lambda number: Decimal(number).scaleb(-places))


rates = st.one_of(decimals(10, 1), decimals(4, 2))
maybe_rates = st.none() | rates
multipliers = st.integers(1, 999_900).map(lambda number: Decimal(number).scaleb(-4)) | st.sampled_from(
    [Decimal("1.5"), Decimal("1.2"), Decimal(1)]
)
policies = st.builds(
    Policy,
    unit_usd=st.sampled_from([Decimal("0.001"), Decimal("0.01"), Decimal("0.0003")]),
    increment=st.sampled_from([Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal("0.25")]),
)
all_rates = st.builds(Rates, uncached=rates, output=rates, cached=maybe_rates, written=maybe_rates)
tokens = st.integers(0, 300) | st.integers(0, 300_000)
buckets = st.builds(Tokens, uncached=tokens, cached=tokens, written=tokens, output=tokens)
usages = st.builds(
    Usage,
    tokens=buckets,
    status=st.sampled_from(["success", "success", "success", "cancelled", "failed", "rate_limited"]),
    key_mode=st.sampled_from(["system", "system", "system", "own"]),
    reported_cost_usd=st.none() | decimals(12, 3),
    cost_estimated=st.booleans(),
)


@st.composite
def prices(draw: st.DrawFn) -> list[DatedPrice]:
    made = []
    for provider_id in PROVIDERS:
        for model_id in MODELS:
            for start, end in draw(windows()):
                threshold = draw(st.none() | st.integers(1, 400))
                high = draw(all_rates) if threshold else None
                price = Price(draw(ids), draw(all_rates), threshold, high)
                made.append(DatedPrice(start, end, provider_id, model_id, price))
    return made


@st.composite
def windows(draw: st.DrawFn) -> list[tuple[datetime, datetime | None]]:
    """Up to two windows that follow one another, perhaps with a gap, perhaps without an end."""
    edges: list[datetime | None] = sorted(draw(st.sets(instants | st.just(CENTURY), max_size=4)))
    if len(edges) % 2:
        edges.append(None)
    return [(start, end) for start, end in list(pairwise(edges))[::2] if start is not None]


@st.composite
def rules(draw: st.DrawFn) -> list[DatedRule]:
    made = []
    for scope, tier, provider_id, model_id in draw(st.sets(scopes(), max_size=6)):
        for start, end in draw(windows()):
            rule = Rule(draw(ids), scope, draw(multipliers), tier, provider_id, model_id)
            made.append(DatedRule(start, end, rule))
    return made


@st.composite
def scopes(draw: st.DrawFn) -> tuple[str, str | None, UUID | None, str | None]:
    tier, provider_id, model_id = (draw(st.sampled_from(values)) for values in (TIERS, PROVIDERS, MODELS))
    return draw(
        st.sampled_from(
            [
                ("combination", tier, provider_id, model_id),
                ("combination", tier, provider_id, None),
                ("combination", tier, None, model_id),
                ("model", None, provider_id, model_id),
                ("model", None, None, model_id),
                ("provider", None, provider_id, None),
                # The one tier that has no multiplier from the start.
                ("tier", "perpetual", None, None),
            ]
        )
    )


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    granted = draw(st.integers(1, 3_000_000_000).map(lambda number: Decimal(number).scaleb(-6)) | decimals(0, 40))
    effective_at = draw(instants)
    lasting = draw(st.none() | st.integers(1, 12))
    return Grant(
        id=draw(ids),
        granted=granted or Decimal(1),
        remaining=granted or Decimal(1),
        paid_usd=draw(st.sampled_from([Decimal(0), Decimal(19), Decimal("9.99"), Decimal("0.333333333333333333")])),
        effective_at=effective_at,
        expires_at=None if lasting is None else effective_at + timedelta(hours=lasting),
        priority=draw(st.sampled_from([10, 20, 30])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    users = tuple(draw(st.lists(ids, min_size=1, max_size=3, unique=True)))
    request_ids = draw(st.lists(ids, min_size=1, max_size=8, unique=True))
    events = st.builds(
        Event,
        user=st.integers(0, len(users) - 1),
        request_id=st.sampled_from(request_ids),
        provider_id=st.sampled_from(PROVIDERS),
        model_id=st.sampled_from([*MODELS, "unheard-of"]),
        usage=usages,
        started_at=instants,
    )
    pool = draw(st.lists(events, min_size=1, max_size=10))
    # Drawn from a pool, so that the very same event comes again, in the same batch and in later ones.
    batches = draw(st.lists(st.lists(st.sampled_from(pool), min_size=1, max_size=8), min_size=1, max_size=3))
    return World(
        users=users,
        policies=draw(st.dictionaries(instants, policies, max_size=2)),
        prices=draw(prices()),
        rules=draw(rules()),
        plans=[draw(st.dictionaries(instants, st.sampled_from(TIERS), max_size=2)) for _ in users],
        grants=[draw(st.lists(grants(), max_size=4, unique_by=lambda grant: grant.id)) for _ in users],
        batches=batches,
        simulated=draw(st.booleans()),
    )
