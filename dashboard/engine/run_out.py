"""Who would have run out: one customer's grants against what each interval would have charged.

An interval (a spell) lies between two moments at which the grants that may pay change. Within it the same
grants are drawn in the same order, so what is covered follows from the sum alone; which requests are not
covered, where it does not last, is asked of the requests themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.charging import Grant, in_draw_order
from dashboard.engine.credits import realised_through

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Spell:
    """One interval of one customer: what each set of prices charges in it, those of the time first."""

    starts_at: datetime
    due: tuple[Decimal, ...]
    moves: Mapping[UUID, Decimal]


@dataclass(frozen=True, slots=True)
class Paid:
    """What became of a spell: credits deducted and not, revenue realised (USD), and what was left to draw at its end."""

    deducted: Decimal
    uncovered: Decimal
    realised_usd: Decimal
    left: Decimal


def play(grants: Iterable[Grant], spells: Sequence[Spell], scenario: int) -> list[Paid]:
    """Charge every spell in turn with the grants as they stood at the window's start.

    The rules are those of `charging.charge`, for a sum instead of a request; it is written out because a replay
    asks it of every customer.
    """
    standing = [_Standing(grant) for grant in in_draw_order(grants)]
    found = []
    for spell in spells:
        for lot in standing if spell.moves else ():
            lot.move(spell.moves.get(lot.grant.id, ZERO))
        wanted, realised = spell.due[scenario], ZERO
        for lot in standing:
            if not wanted:
                break
            if lot.remaining and lot.grant.valid_at(spell.starts_at):
                taken = min(lot.remaining, wanted)
                wanted -= taken
                realised += lot.take(taken)
        left = [lot.remaining for lot in standing if lot.grant.valid_at(spell.starts_at)]
        found.append(Paid(spell.due[scenario] - wanted, wanted, realised, sum(left, ZERO)))
    return found


def play_all(grants: Sequence[Grant], spells: Sequence[Spell]) -> list[list[Paid]]:
    """Play every set of prices; those that charge the same are played once."""
    played: dict[tuple[Decimal, ...], list[Paid]] = {}
    found = []
    for place, charged in enumerate(zip(*(spell.due for spell in spells), strict=True)):
        if charged not in played:
            played[charged] = play(grants, spells, place)
        found.append(played[charged])
    return found


class _Standing:
    """A grant on its way through the window."""

    __slots__ = ("grant", "realised", "remaining")

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        self.remaining = grant.remaining
        self.realised: Decimal | None = None

    def take(self, credits_taken: Decimal) -> Decimal:
        """Take credits out and return the revenue that realises, USD."""
        before = self._through() if self.realised is None else self.realised
        self.remaining -= credits_taken
        self.realised = self._through()
        return self.realised - before

    def move(self, amount: Decimal) -> None:
        """Move it as it was moved by hand; it holds neither less than nothing nor more than was granted."""
        if amount:
            self.remaining = min(self.grant.granted, max(ZERO, self.remaining + amount))
            self.realised = None

    def _through(self) -> Decimal:
        return realised_through(self.grant.paid_usd, self.grant.granted, self.grant.granted - self.remaining)
