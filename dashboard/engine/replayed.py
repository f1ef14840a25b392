"""What a replay found, brought together: by rate and day, by customer, and where credits ran out."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.charging import Grant
from dashboard.engine.impact import Rate, Scenario
from dashboard.engine.run_out import Paid, Spell, play_all

ZERO = Decimal(0)


@dataclass(slots=True)
class Sums:
    """One spell, or one rate on one day: as charged, and the steps of each set of prices; amounts in USD and credits.

    Not frozen, because a replay makes tens of thousands of them; nothing changes one.
    """

    is_spell: bool
    spell_no: int
    rate_no: int
    day: date
    requests: int
    charged_requests: int
    unpriced_requests: int
    vendor_cost_usd: Decimal
    credits_due: Decimal
    credits_uncovered: Decimal
    realised_revenue_usd: Decimal
    first_seq: int | None
    last_seq: int | None
    entries: int
    steps_0: int
    steps_1: int
    steps_2: int
    steps_3: int
    steps_4: int
    steps_5: int
    steps_6: int

    @property
    def steps(self) -> tuple[int, ...]:
        """What every set of prices charges, in steps, those that charge the same once; columns not asked for hold 0."""
        return self.steps_0, self.steps_1, self.steps_2, self.steps_3, self.steps_4, self.steps_5, self.steps_6

    def due(self, step: Decimal, columns: Sequence[int]) -> tuple[Decimal, ...]:
        """Credits due: as recorded, and for every other set of prices by the column its steps stand in."""
        steps = self.steps
        return tuple(steps[column] * step if column else self.credits_due for column in columns)

    def __add__(self, other: "Sums") -> "Sums":
        seqs = [seq for seq in (self.first_seq, self.last_seq, other.first_seq, other.last_seq) if seq is not None]
        added = (getattr(self, name) + getattr(other, name) for name in ADDED)
        return replace(
            self,
            first_seq=min(seqs, default=None),
            last_seq=max(seqs, default=None),
            **dict(zip(ADDED, added, strict=True)),
        )


NOT_ADDED = {"is_spell", "spell_no", "rate_no", "day", "first_seq", "last_seq"}
ADDED = tuple(field.name for field in fields(Sums) if field.name not in NOT_ADDED)


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
    """Steps that go uncovered in a spell on one day and rate in one column of prices, and the first request of them."""

    spell_no: int
    price_column: int
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
    used: Sequence[tuple[datetime, Sums]]
    moves: Sequence[Moved]
    late: Sequence[Late]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One customer in the window: what was charged, what each set of prices charges, and what of it was paid by spell."""

    user_id: UUID
    requests: int
    vendor_cost_usd: Decimal
    credits_uncovered: Decimal
    realised_revenue_usd: Decimal
    due: tuple[Decimal, ...]
    paid: Mapping[int, tuple[Paid, ...]]
    # Credits uncovered and revenue realised (USD) over all spells, for every set of prices.
    totals: Sequence[tuple[Decimal, Decimal]]

    def uncovered(self, place: int) -> Decimal:
        """Credits not paid under a set of prices: as recorded, and what the simulation says it changes."""
        return self.credits_uncovered + self.totals[place][0] - self.totals[0][0]

    def deducted(self, place: int) -> Decimal:
        """Credits paid under a set of prices."""
        return self.due[place] - self.uncovered(place)

    def realised(self, place: int) -> Decimal:
        """Revenue realised under a set of prices, USD."""
        return self.realised_revenue_usd + self.realised_change(place)

    def realised_change(self, place: int) -> Decimal:
        """How much more is realised than at the prices of the time, USD."""
        return self.totals[place][1] - self.totals[0][1]

    def left(self, place: int) -> Decimal:
        """Credits left to draw at the end of the last spell with requests."""
        return self.paid[max(self.paid)][place].left

    @property
    def deviates_by(self) -> Decimal:
        """How far the simulation of the present price is from what went uncovered: late or out-of-order posting."""
        return self.totals[0][0] - self.credits_uncovered

    def is_changed(self, place: int, base: int) -> bool:
        """Whether a set of prices charges anything else than another, or covers it otherwise."""
        return self.due[place] != self.due[base] or self.uncovered(place) != self.uncovered(base)

    def runs_out(self, place: int) -> bool:
        """Whether any credits go uncovered under a set of prices."""
        return self.totals[place][0] > 0


@dataclass(frozen=True, slots=True)
class Replay:
    """Everything a replay found; `columns` says where each set of prices has its steps: equal ones have them once."""

    window: tuple[datetime, datetime]
    scenarios: Sequence[Scenario]
    rates: tuple[Rate, ...]
    step: Decimal
    columns: Sequence[int]
    days: Sequence[Sums]
    customers: Sequence[Outcome]
    ranout: Sequence[Ranout]

    def steps(self, row: Sums, place: int) -> int:
        """What a set of prices charges in one row, in steps."""
        return row.steps[self.columns[place]]

    @property
    def difference(self) -> Decimal:
        """Credits due by replaying the unchanged price, less credits due as recorded: zero, or something is wrong."""
        return sum((row.steps_0 * self.step - row.credits_due for row in self.days), ZERO)

    @property
    def deviation(self) -> Decimal:
        """Credits by which the simulated balances differ from the recorded ones, customer by customer."""
        return sum((abs(customer.deviates_by) for customer in self.customers), ZERO)


def simulate_customers(customers: Sequence[Drawn], step: Decimal, columns: Sequence[int]) -> list[Outcome]:
    """Play every customer's window under every set of prices."""
    return [_outcome(customer, step, columns) for customer in customers]


def _outcome(customer: Drawn, step: Decimal, columns: Sequence[int]) -> Outcome:
    rows = [row for _, row in customer.used]
    dues = [row.due(step, columns) for row in rows]
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
        [
            (sum((paid.uncovered for paid in one), ZERO), sum((paid.realised_usd for paid in one), ZERO))
            for one in played
        ],
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
