"""Giving credits back: how much is left to give, and which grant gets what.

The database gives back in one call (migrations, reverse_entry); this is its reference.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dashboard.engine.credits import in_words, realised_through
from dashboard.engine.errors import RuleBrokenError

ZERO = Decimal(0)
REVERSIBLE = frozenset({"usage", "deduct", "correction"})
REASONS = {
    "service_fault": "The answer failed or was unusable",
    "duplicate": "Charged twice for one thing",
    "wrong_price": "Charged at a wrong price",
    "unauthorised_use": "Not used by the customer",
    "incident": "An incident of ours",
    "goodwill": "Goodwill",
    "other": "Another reason, in the note",
}
# Why the database gave nothing back, by its outcome.
REFUSALS = {
    "unknown": "This customer has no such entry.",
    "not_reversible": "Only what was taken for use, or by hand, can be given back; this entry is something else.",
    "changed": "Credits of this entry were given back since you looked; look again at what is left.",
    "nothing_left": "Everything this entry took has been given back already.",
    "more_than_left": "Less than that is left to give back.",
    "waiting": "A request to give credits of this entry back waits for a second person already.",
}


class NotReversedError(RuleBrokenError):
    """Nothing was given back; `outcome` says why."""

    def __init__(self, outcome: str, *, left: Decimal | None = None, lost: Decimal | None = None) -> None:
        self.outcome = outcome
        known = outcome in {"nothing_left", "more_than_left"}
        left_over = f" {in_words(left)} credits are left." if known and left else ""
        clawed_back = (
            f" {in_words(lost)} came from a grant that was clawed back and are not restored." if known and lost else ""
        )
        super().__init__(f"{REFUSALS[outcome]}{left_over}{clawed_back} Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Lot:
    """A grant as a reversal finds it."""

    name: str
    granted: Decimal
    remaining: Decimal
    paid_usd: Decimal
    expires_at: datetime | None = None
    expiry_posted: bool = False
    clawed_back: bool = False

    def takes_back(self, now: datetime) -> bool:
        """Whether credits can go back into it: not once it has expired."""
        return not self.expiry_posted and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What an entry took from one grant, the revenue that realised (USD), and what was given back of it since."""

    lot: Lot
    credits: Decimal
    realised_usd: Decimal
    returned: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        """What was not given back yet."""
        return self.credits - self.returned


@dataclass(frozen=True, slots=True)
class Restored:
    """Credits given back to a grant, or to a new one in its place; the revenue taken back, USD, not above zero."""

    lot: Lot
    credits: Decimal
    realised_usd: Decimal
    is_replacement: bool = False
    paid_usd: Decimal = ZERO
    expires_at: datetime | None = None


def left_to_reverse(draws: Iterable[Drawn]) -> Decimal:
    """How many credits of an entry can still be given back; what a claw-back took is not restored."""
    return sum((draw.left for draw in draws if not draw.lot.clawed_back), ZERO)


def lost_to_clawback(draws: Iterable[Drawn]) -> Decimal:
    """How many credits of an entry will not be given back, because their grant was clawed back."""
    return sum((draw.left for draw in draws if draw.lot.clawed_back), ZERO)


def reverse(credits_asked: Decimal | None, draws: Sequence[Drawn], now: datetime, grace: timedelta) -> list[Restored]:
    """Give back what is asked, or all that is left, to what was drawn last first; `draws` stand in draw order."""
    left = left_to_reverse(draws)
    rest = left if credits_asked is None else credits_asked
    if left == 0 or rest > left:
        raise NotReversedError("more_than_left" if left else "nothing_left", left=left, lost=lost_to_clawback(draws))
    restored = []
    for draw in reversed(draws):
        taken = ZERO if draw.lot.clawed_back else min(draw.left, rest)
        if taken > 0:
            restored.append(_restore(draw, taken, now, grace))
            rest -= taken
    return restored


def _restore(draw: Drawn, taken: Decimal, now: datetime, grace: timedelta) -> Restored:
    lot = draw.lot
    if lot.takes_back(now):
        gone = lot.granted - lot.remaining
        realised = realised_through(lot.paid_usd, lot.granted, gone - taken) - realised_through(
            lot.paid_usd, lot.granted, gone
        )
        return Restored(lot, taken, realised)
    # The new grant carries exactly the revenue that is taken back with it.
    share = realised_through(draw.realised_usd, draw.credits, draw.returned + taken) - realised_through(
        draw.realised_usd, draw.credits, draw.returned
    )
    return Restored(lot, taken, -share, is_replacement=True, paid_usd=share, expires_at=now + grace)
