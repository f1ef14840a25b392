"""Credits: the unit customers buy and spend, and the only rounding of a charge."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from dashboard.engine.money import EXACT

REALISED_SCALE = Decimal(10) ** 18


@dataclass(frozen=True, slots=True)
class Policy:
    """What one credit is worth (USD) and the smallest step in which credits are charged."""

    unit_usd: Decimal
    increment: Decimal


DEFAULT_POLICY = Policy(Decimal("0.001"), Decimal(1))


def in_words(credits_amount: Decimal) -> str:
    """Write an amount of credits for a sentence: every digit that counts, no other."""
    return f"{credits_amount.normalize():,f}"


def credits_for(value_usd: Decimal, policy: Policy) -> Decimal:
    """Round a value up to whole increments: ceil(value ÷ (unit × increment)) × increment; zero stays zero."""
    with localcontext(EXACT):
        step_usd = policy.unit_usd * policy.increment
        whole, rest = divmod(value_usd, step_usd)
        return (whole + (1 if rest else 0)) * policy.increment


def rounding_gain_usd(credits_due: Decimal, value_usd: Decimal, policy: Policy) -> Decimal:
    """What rounding up added to the value: credits × unit − value, never negative."""
    with localcontext(EXACT):
        return credits_due * policy.unit_usd - value_usd


def realised_through(paid_usd: Decimal, granted: Decimal, gone: Decimal) -> Decimal:
    """What has been realised of a grant once `gone` credits have left it: paid × gone ÷ granted, half up, 18 decimals."""
    with localcontext(EXACT):
        doubled = 2 * paid_usd * gone * REALISED_SCALE + granted
        return (doubled // (2 * granted)) / REALISED_SCALE
