"""What is owed in unused credits: a roll-forward from what was owed before to what is owed after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dashboard.engine.margin import percent
from dashboard.engine.money import EXACT

ZERO = Decimal(0)
CATEGORIES = ("paid", "promotional", "allowance")
AGES = ("expired", "week", "month", "quarter", "year", "later", "never")

# The lines of the roll-forward in their order, and the reasons of the ledger each is made of.
LINES: dict[str, tuple[str, ...]] = {
    "granted": ("allocation", "purchase", "coupon", "bonus", "referral", "admin_grant", "opening"),
    "used": ("usage", "deduct"),
    "expired": ("expiry",),
    "reversed": ("reversal",),
    "rolled_over": ("rollover",),
    "clawed_back": ("clawback",),
    "prorated": ("proration",),
    "corrected": ("correction",),
}
ALWAYS = ("granted", "used", "expired", "reversed")


@dataclass(frozen=True, slots=True)
class Owed:
    """Credits, and what was paid for them and is not realised yet, USD: both may be a difference."""

    credits: Decimal = ZERO
    deferred_usd: Decimal = ZERO

    def __add__(self, other: "Owed") -> "Owed":
        return Owed(
            EXACT.add(self.credits, other.credits),
            EXACT.add(self.deferred_usd, other.deferred_usd),
        )

    def list_usd(self, unit_usd: Decimal) -> Decimal:
        """The credits at list price: credits × the value of one, USD."""
        return EXACT.multiply(self.credits, unit_usd)

    def __neg__(self) -> "Owed":
        return Owed(-self.credits, -self.deferred_usd)


@dataclass(frozen=True, slots=True)
class Movement:
    """All postings of one reason into and out of grants of one category; credits and USD.

    Nothing is below zero but `realised_usd`, where a reversal takes it back.
    """

    category: str
    reason: str
    postings: int
    credits_in: Decimal
    credits_out: Decimal
    paid_in_usd: Decimal
    realised_usd: Decimal

    @property
    def owed(self) -> Owed:
        """How it moved what is owed: credits in − out, and paid − realised."""
        return self.brought + -self.taken

    @property
    def brought(self) -> Owed:
        """What came in, and what was paid for it."""
        return Owed(self.credits_in, self.paid_in_usd)

    @property
    def taken(self) -> Owed:
        """What went out, and what was realised by it."""
        return Owed(self.credits_out, self.realised_usd)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the roll-forward by category; `parts` are the reasons it is made of, where there are several."""

    key: str
    by_category: dict[str, Owed]
    postings: int = 0
    parts: tuple["Line", ...] = ()

    @property
    def together(self) -> Owed:
        """All categories."""
        return added(self.by_category.values())


@dataclass(frozen=True, slots=True)
class RollForward:
    """Opening + every line = closing, in every category and both measures."""

    opening: Line
    lines: tuple[Line, ...]
    closing: Line
    movements: tuple[Movement, ...] = field(default=())

    def line(self, key: str) -> Line:
        """The line of this key, all zero where nothing moved."""
        return next((one for one in self.lines if one.key == key), _line(key, ()))

    @property
    def breakage_percent(self) -> Decimal | None:
        """Expired ÷ granted credits of the period in percent."""
        return percent(-self.line("expired").together.credits, self.line("granted").together.credits)

    @property
    def utilisation_percent(self) -> Decimal | None:
        """Used ÷ (opening + granted) credits in percent."""
        available = self.opening.together.credits + self.line("granted").together.credits
        return percent(-self.line("used").together.credits, available)


@dataclass(frozen=True, slots=True)
class Tie:
    """One figure found twice, by the roll-forward and by the books themselves."""

    what: str
    kind: str
    rolled: Decimal
    found: Decimal

    @property
    def holds(self) -> bool:
        """Whether both say the same, to the last digit."""
        return self.rolled == self.found

    @property
    def difference(self) -> Decimal:
        """The roll-forward less the books."""
        return EXACT.subtract(self.rolled, self.found)


def owed_after(moved: Iterable[Movement]) -> dict[str, Owed]:
    """What is owed by category after these movements, from nothing."""
    return _by_category((one.category, one.owed) for one in moved)


def roll_forward(owed_before: dict[str, Owed], inside: Sequence[Movement]) -> RollForward:
    """Carry what was owed through what moved, line by line, to what is owed after."""
    opening = Line("opening", owed_before)
    lines = tuple(
        _line(key, [one for one in inside if one.reason in reasons])
        for key, reasons in LINES.items()
        if key in ALWAYS or any(one.reason in reasons for one in inside)
    )
    closing = Line(
        "closing",
        {name: added([opening.by_category[name], *(line.by_category[name] for line in lines)]) for name in CATEGORIES},
    )
    return RollForward(opening, lines, closing, tuple(inside))


def added(parts: Iterable[Owed]) -> Owed:
    """Add up; nothing at all is zero."""
    return sum(parts, Owed())


def _line(key: str, moved: Sequence[Movement]) -> Line:
    if not moved:
        return Line(key, dict.fromkeys(CATEGORIES, Owed()))
    reasons = {one.reason for one in moved}
    if len(reasons) == 1:
        shown = _ways(moved)
    else:
        named = (reason for reason in LINES[key] if reason in reasons)
        shown = tuple(_part(reason, [one for one in moved if one.reason == reason]) for reason in named)
    return Line(key, owed_after(moved), sum(one.postings for one in moved), shown)


def _part(reason: str, moved: Sequence[Movement]) -> Line:
    return Line(reason, owed_after(moved), sum(one.postings for one in moved))


def _ways(moved: Sequence[Movement]) -> tuple[Line, ...]:
    """What goes out and comes in again under one reason is shown both ways: a roll-over nets to zero."""
    if not any(one.credits_in for one in moved) or not any(one.credits_out for one in moved):
        return ()
    out = _by_category((one.category, -one.taken) for one in moved)
    return Line("out", out), Line("in", _by_category((one.category, one.brought) for one in moved))


def _by_category(parts: Iterable[tuple[str, Owed]]) -> dict[str, Owed]:
    found = dict.fromkeys(CATEGORIES, Owed())
    for category, owed in parts:
        found[category] += owed
    return found
