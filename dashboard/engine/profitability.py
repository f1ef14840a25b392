"""Which customers earn us money: a ranking, who loses, what the free tier costs, how much hangs on few."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dashboard.engine.figures import Figures, total
from dashboard.engine.margin import percent

ZERO = Decimal(0)
SMALL_SAMPLE = 30
TOP = 10


@dataclass(frozen=True, slots=True)
class Basis:
    """Credits of one kind of grant that were used, and what was really paid for them, USD."""

    credits: Decimal = ZERO
    realised_usd: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's figures now and before, by the tier each request was rated on, and the credits they used by kind."""

    id: str
    name: str
    now: Figures
    before: Figures
    tiers: tuple[tuple[str, Figures], ...] = ()
    basis: Mapping[str, Basis] = field(default_factory=dict)

    @property
    def is_small(self) -> bool:
        """Whether so few requests say little."""
        return self.now.requests < SMALL_SAMPLE

    @property
    def pays_nothing(self) -> bool:
        """Whether they cost something and nothing was really paid for what they used: a pure loss."""
        return self.now.realised_revenue_usd <= 0 < self.now.vendor_cost_usd

    def of_tiers(self, tiers: Iterable[str]) -> Figures:
        """What they did on these tiers."""
        wanted = set(tiers)
        return total(figures for tier, figures in self.tiers if tier in wanted)


@dataclass(frozen=True, slots=True)
class Value:
    """Revenue at list price or as realised; margins follow."""

    realised: bool = False

    def revenue_usd(self, figures: Figures) -> Decimal:
        """The revenue, USD."""
        return figures.realised_revenue_usd if self.realised else figures.list_revenue_usd

    def margin_usd(self, figures: Figures) -> Decimal:
        """The revenue − vendor cost, USD."""
        return figures.realised_margin_usd if self.realised else figures.gross_margin_usd

    def margin_percent(self, figures: Figures) -> Decimal | None:
        """The margin in percent of the revenue."""
        return figures.realised_margin_percent if self.realised else figures.margin_percent

    def loses(self, account: Account) -> bool:
        """Whether the customer costs more than comes in."""
        return self.margin_usd(account.now) < 0


@dataclass(frozen=True, slots=True)
class Subsidy:
    """What tiers without a price cost: vendor cost less what was realised there (packs, gifts count nothing), USD."""

    customers: int
    requests: int
    vendor_cost_usd: Decimal
    realised_usd: Decimal

    @property
    def amount_usd(self) -> Decimal:
        """What we bear."""
        return self.vendor_cost_usd - self.realised_usd


def subsidy(accounts: Iterable[Account], free_tiers: Sequence[str]) -> Subsidy:
    """Add up what customers did on tiers that cost nothing."""
    found = [figures for one in accounts if (figures := one.of_tiers(free_tiers)).requests]
    whole = total(found)
    return Subsidy(len(found), whole.requests, whole.vendor_cost_usd, whole.realised_revenue_usd)


def lost_usd(accounts: Iterable[Account], value: Value) -> Decimal:
    """The margins below zero together, USD: zero or less."""
    return sum((value.margin_usd(one.now) for one in accounts if value.loses(one)), ZERO)


def top_share_percent(accounts: Iterable[Account], value: Value) -> Decimal | None:
    """The share of all revenue that comes from the ten customers with the most of it, in percent."""
    amounts = sorted((value.revenue_usd(one.now) for one in accounts), reverse=True)
    return percent(sum(amounts[:TOP], ZERO), sum(amounts, ZERO))


def running(accounts: Iterable[Account], value: Value) -> list[Decimal]:
    """The margin of the best customer, of the best two, … of all: it falls where customers lose money."""
    sums, so_far = [], ZERO
    for amount in sorted((value.margin_usd(one.now) for one in accounts), reverse=True):
        so_far += amount
        sums.append(so_far)
    return sums
