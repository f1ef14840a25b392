"""What the engine says should be in the books after a world's requests: plain Python, one request at a time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import TypeVar
from uuid import UUID

from dashboard.engine.charging import Charge, Grant, after, charge
from dashboard.engine.credits import DEFAULT_POLICY, Policy, rounding_gain_usd
from dashboard.engine.money import EXACT
from dashboard.engine.rating import Price, Rating, Rule, rate
from tests.engine.worlds import Event, World

SEEDED_FROM = datetime(2025, 1, 1, tzinfo=UTC)
SEEDED = {
    "free": Decimal(2),
    "pro": Decimal("1.5"),
    "pro_max": Decimal("1.4"),
    "enterprise_pro": Decimal("1.2"),
    "enterprise_max": Decimal("1.2"),
}


Kind = TypeVar("Kind")


@dataclass
class Account:
    """One customer's grants, how far their chain has come, and what they have left."""

    grants: list[Grant]
    seq: int

    @property
    def balance(self) -> Decimal:
        return sum((grant.remaining for grant in self.grants), Decimal(0))


@dataclass(frozen=True)
class Booked:
    """One request as it must stand in the ledger."""

    event: Event
    tier: str
    policy: Policy
    price: Price | None
    rating: Rating
    charge: Charge
    seq: int | None
    balance_after: Decimal

    @property
    def rounding_gain_usd(self) -> Decimal:
        value = self.rating.value_usd
        return Decimal(0) if value is None else rounding_gain_usd(self.rating.credits_due, value, self.policy)


@dataclass
class Books:
    """The whole of it: accounts, and the requests by customer and id."""

    world: World
    accounts: list[Account] = field(init=False)
    booked: dict[tuple[UUID, UUID], Booked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.accounts = [Account(list(grants), len(grants)) for grants in self.world.grants]

    def post(self, batch: list[Event]) -> list[str]:
        """Charge a batch by customer, start and id; say what becomes of each event, in the order given."""
        fresh: dict[tuple[UUID, UUID], int] = {}
        for position, event in enumerate(batch):
            if self._key(event) not in self.booked:
                fresh.setdefault(self._key(event), position)
        for event in sorted((batch[position] for position in fresh.values()), key=self._order):
            self.booked[self._key(event)] = self._book(event)
        return [
            "charged"
            if fresh.get(self._key(event)) == position
            else "replayed"
            if event.body() == self.booked[self._key(event)].event.body()
            else "conflict"
            for position, event in enumerate(batch)
        ]

    def _key(self, event: Event) -> tuple[UUID, UUID]:
        return self.world.users[event.user], event.request_id

    def _order(self, event: Event) -> tuple[UUID, datetime, UUID]:
        return self.world.users[event.user], event.started_at, event.request_id

    def _book(self, event: Event) -> Booked:
        account = self.accounts[event.user]
        tier = _latest(self.world.plans[event.user], event.started_at, "free")
        policy = _latest(self.world.policies, event.started_at, DEFAULT_POLICY)
        price = self._price(event)
        rating = rate(event.usage, price, self._rules(event, tier), policy)
        with localcontext(EXACT):
            paid = charge(rating.credits_due, event.started_at, account.grants)
            account.grants = after(account.grants, paid)
            if paid.draws:
                account.seq += 1
            seq = account.seq if paid.draws else None
            return Booked(event, tier, policy, price, rating, paid, seq, account.balance)

    def _price(self, event: Event) -> Price | None:
        holding = (
            dated.price
            for dated in self.world.prices
            if (dated.provider_id, dated.model_id) == (event.provider_id, event.model_id)
            and dated.holds(event.started_at)
        )
        return next(holding, None)

    def _rules(self, event: Event, tier: str) -> list[Rule]:
        rules = [dated.rule for dated in self.world.rules if dated.holds(event.started_at)]
        if tier in SEEDED and event.started_at >= SEEDED_FROM:
            rules.append(Rule(UUID(int=0), "tier", SEEDED[tier], tier))
        return [rule for rule in rules if rule.matches(tier, event.provider_id, event.model_id)]


def _latest(history: dict[datetime, Kind], instant: datetime, otherwise: Kind) -> Kind:
    begun = [start for start in history if start <= instant]
    return history[max(begun)] if begun else otherwise
