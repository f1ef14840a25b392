"""How a figure moved: an arrow, a word, an amount and the base it is measured from."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Literal

from dashboard.ui import format as written
from dashboard.ui.format import Number

Kind = Literal["usd", "count", "credits", "percent", "rate"]
Better = Literal["up", "down"] | None

SHOWN: dict[str, Callable[[Number | None], str]] = {
    "usd": written.usd,
    "usd_exact": written.usd_exact,
    "count": written.count,
    "tokens": written.count,
    "credits": written.credits,
    "percent": written.percent,
    "rate": written.rate,
    "points": written.points,
    "multiplier": written.multiplier,
}


@dataclass(frozen=True)
class Change:
    """One comparison in words; `tone` is good, bad or empty; `exact` has every digit."""

    arrow: str
    word: str
    amount: str
    tone: str
    base: str
    exact: str


def change(now: Number | None, before: Number | None, kind: Kind = "usd", better: Better = None) -> Change | None:
    """Compare with the period before; None where either side is unknown.

    Percentages differ in points, everything else in per cent of its base; a base of zero is
    `new`, and below zero (where a percentage would mislead) the difference itself is given.
    """
    if now is None or before is None:
        return None
    difference = _difference(now, before)
    base = SHOWN[kind](before)
    if kind in {"percent", "rate"}:
        return _moved(
            difference, written.points(difference.copy_abs()), base, better, written.full(difference, "points")
        )
    if before == 0 and difference:
        return Change("", "new", "", "", base, written.full(difference, kind))
    if before < 0:
        return _moved(difference, SHOWN[kind](difference.copy_abs()), base, better, written.full(difference, kind))
    amount = written.percent(difference.copy_abs() / before * 100 if before else 0)
    return _moved(difference, amount, base, better, written.full(difference, kind))


def against_target(value: Number | None, target: Number | None) -> Change | None:
    """Compare a percentage with its target: `▲ 5.9 pp above`. Above is good."""
    if value is None or target is None:
        return None
    difference = _difference(value, target)
    exact = written.full(difference, "points")
    amount = written.points(difference.copy_abs())
    return _moved(difference, amount, written.percent(target), "up", exact, ("above", "below"))


def _difference(now: Number, before: Number) -> Decimal:
    with localcontext(prec=written.DIGITS):
        return Decimal(now) - Decimal(before)


def _moved(
    difference: Decimal, amount: str, base: str, better: Better, exact: str, words: tuple[str, str] = ("up", "down")
) -> Change:
    if not any(digit in "123456789" for digit in amount):
        return Change("=", "level", "", "soft", base, exact)
    rose = difference > 0
    tone = "" if better is None else ("good" if rose is (better == "up") else "bad")
    return Change("▲" if rose else "▼", words[0] if rose else words[1], amount, tone, base, exact)
