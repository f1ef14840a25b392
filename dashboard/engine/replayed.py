"""What a replay found, brought together: by rate and day, by customer, and where credits ran out."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.charging import Grant
from dashboard.engine.impact import Rate
from dashboard.engine.run_out import Paid, Spell, play_all

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RateDay:
    """One rate on one day: as charged, and in steps what every scenario charges; amounts in USD and credits."""

    rate_no: int
    day: date
    requests: int
    charged_requests: int
    unpriced_requests: int
    vendor_cost_usd: Decimal
    credits_due: Decimal
    credits_uncovered: Decimal
    realised_revenue_usd: Decimal
    steps_0: Decimal
    steps_1: Decimal
    steps_2: Decimal
    steps_3: Decimal
    steps_4: Decimal
    steps_5: Decimal

    @property
    def steps(self) -> tuple[Decimal, ...]:
        """What every scenario charges, in steps; those that are not there charge nothing."""
        return self.steps_0, self.steps_1, self.steps_2, self.steps_3, self.steps_4, self.steps_5


@dataclass(frozen=True, slots=True)
class SpellSums:
    """One interval of one customer: as charged, its first and last entry of the ledger, and the scenarios' steps."""

    spell_no: int
    requests: int
    vendor_cost_usd: Decimal
    credits_due: Decimal
    credits_uncovered: Decimal
    realised_revenue_usd: Decimal
    first_seq: int | None
    last_seq: int | None
    entries: int
    steps_1: Decimal
    steps_2: Decimal
    steps_3: Decimal
    steps_4: Decimal
    steps_5: Decimal

    def due(self, step: Decimal, sets: int) -> tuple[Decimal, ...]:
        """Credits due: as recorded, and under every scenario."""
        steps = (self.steps_1, self.steps_2, self.steps_3, self.steps_4, self.steps_5)
        return self.credits_due, *(one * step for one in steps[: sets - 1])

    def __add__(self, other: "SpellSums") -> "SpellSums":
        seqs = [seq for seq in (self.first_seq, self.last_seq, other.first_seq, other.last_seq) if seq is not None]
        sums = {field: getattr(self, field) + getattr(other, field) for field in self._added}
        return replace(self, first_seq=min(seqs, default=None), last_seq=max(seqs, default=None), **sums)

    @property
    def _added(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self) if field.name not in {"spell_no", "first_seq", "last_seq"})


@dataclass(frozen=True, slots=True)
class Moved:
    """Credits that went into or out of a grant and were no usage; `is_its_own` is the grant itself, or its expiry."""

    user_id: UUID
    seq: int
    created_at: datetime
    source_id: UUID
    amount: Decimal
    is_its_own: bool


@dataclass(frozen=True, slots=True)
class Late:
    """What requests of before the window, posted within it, had drawn from a grant; negative."""

    user_id: UUID
    source_id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Ranout:
    """Steps that go uncovered in a spell on one day and rate under one scenario, and the first request of them."""

    spell_no: int
    scenario: int
    rate_no: int
    day: date
    first_at: datetime
    requests: int
    steps: Decimal


@dataclass(frozen=True, slots=True)
class Drawn:
    """One customer: the grants as they stood, what was used by spell, and what else moved the grants."""

    user_id: UUID
    grants: Sequence[Grant]
    used: Sequence[tuple[datetime, SpellSums]]
    moves: Sequence[Moved]
    late: Sequence[Late]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One customer in the window: what was charged, what each scenario charges, and what of it was paid by spell."""

    user_id: UUID
    requests: int
    vendor_cost_usd: Decimal
    credits_uncovered: Decimal
    realised_revenue_usd: Decimal
    due: tuple[Decimal, ...]
    paid: Mapping[int, tuple[Paid, ...]]

    def uncovered(self, scenario: int) -> Decimal:
        """Credits not paid under a scenario: as recorded, and what the simulation says it changes."""
        return self.credits_uncovered + self._change(scenario, "uncovered")

    def deducted(self, scenario: int) -> Decimal:
        """Credits paid under a scenario."""
        return self.due[scenario] - self.uncovered(scenario)

    def realised(self, scenario: int) -> Decimal:
        """Revenue realised under a scenario, USD."""
        return self.realised_revenue_usd + self.realised_change(scenario)

    def realised_change(self, scenario: int) -> Decimal:
        """How much more is realised than as things stand, USD."""
        return self._change(scenario, "realised_usd")

    def left(self, scenario: int) -> Decimal:
        """Credits left to draw at the end of the last spell with requests."""
        return self.paid[max(self.paid)][scenario].left

    @property
    def deviates_by(self) -> Decimal:
        """How far the simulation of the present price is from what went uncovered: late or out-of-order posting."""
        return sum((paid[0].uncovered for paid in self.paid.values()), ZERO) - self.credits_uncovered

    def is_changed(self, scenario: int) -> bool:
        """Whether a scenario charges anything else, or covers it otherwise."""
        return self.due[scenario] != self.due[0] or self._change(scenario, "uncovered") != 0

    def runs_out(self, scenario: int) -> bool:
        """Whether any credits go uncovered under a scenario."""
        return any(paid[scenario].uncovered for paid in self.paid.values())

    def _change(self, scenario: int, name: str) -> Decimal:
        return sum((getattr(paid[scenario], name) - getattr(paid[0], name) for paid in self.paid.values()), ZERO)


@dataclass(frozen=True, slots=True)
class Replay:
    """Everything a replay found; scenario 0 is the price as it stands."""

    window: tuple[datetime, datetime]
    rates: tuple[Rate, ...]
    step: Decimal
    days: Sequence[RateDay]
    customers: Sequence[Outcome]
    ranout: Sequence[Ranout]

    @property
    def scenarios(self) -> int:
        """How many prices were replayed besides the one that stands."""
        return len(self.rates[0].terms) - 1 if self.rates else 0

    @property
    def difference(self) -> Decimal:
        """Credits due by replaying the unchanged price, less credits due as recorded: zero, or something is wrong."""
        return sum((row.steps[0] * self.step - row.credits_due for row in self.days), ZERO)

    @property
    def deviation(self) -> Decimal:
        """Credits by which the simulated balances differ from the recorded ones, customer by customer."""
        return sum((abs(customer.deviates_by) for customer in self.customers), ZERO)


def simulate_customers(customers: Sequence[Drawn], step: Decimal, sets: int) -> list[Outcome]:
    """Play every customer's window under every scenario."""
    return [_outcome(customer, step, sets) for customer in customers]


def _outcome(customer: Drawn, step: Decimal, sets: int) -> Outcome:
    rows = [row for _, row in customer.used]
    dues = [row.due(step, sets) for row in rows]
    moves = _moves(customer)
    spells = [
        Spell(start, due, moves.get(place, {}))
        for place, ((start, _), due) in enumerate(zip(customer.used, dues, strict=True))
    ]
    played = play_all(_opening(customer), spells)
    return Outcome(
        customer.user_id,
        sum(row.requests for row in rows),
        sum((row.vendor_cost_usd for row in rows), ZERO),
        sum((row.credits_uncovered for row in rows), ZERO),
        sum((row.realised_revenue_usd for row in rows), ZERO),
        tuple(sum(column, ZERO) for column in zip(*dues, strict=True)),
        {row.spell_no: tuple(one[place] for one in played) for place, row in enumerate(rows)},
    )


def _opening(customer: Drawn) -> list[Grant]:
    """Return the grants less what late requests of before the window had drawn."""
    if not customer.late:
        return list(customer.grants)
    drawn = {late.source_id: late.amount for late in customer.late}
    return [
        replace(grant, remaining=max(ZERO, grant.remaining + drawn.get(grant.id, ZERO))) for grant in customer.grants
    ]


def _moves(customer: Drawn) -> dict[int, dict[UUID, Decimal]]:
    """Sort what moved by hand into the spells with requests; what came between two of them meets the second."""
    found: dict[int, dict[UUID, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    starts = [start for start, _ in customer.used]
    for move in customer.moves:
        place = max(0, bisect_right(starts, move.created_at) - 1)
        found[place][move.source_id] += move.amount
    return found
