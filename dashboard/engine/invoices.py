"""Invoices: lines and totals in cents, the states, what may be paid and refunded (domain §10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID, uuid5

from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.money import EXACT

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
MILLIONTH = Decimal("1e-6")
LARGEST_INVOICE_USD = Decimal(1_000_000)

# What a line is for; the last two move the customer's account credit, and only raising an invoice writes them.
LINE_KINDS = {
    "subscription": "Plan",
    "upgrade": "Plan, prorated",
    "unused": "Unused time of the plan before",
    "discount": "Discount",
    "pack": "Credit pack",
    "licence": "Licence",
    "licence_upgrade": "Licence, new version",
    "account_credit": "Paid from account credit",
    "carried_forward": "Kept as account credit",
}
REASONS = {
    "start": "A subscription begins",
    "renewal": "A subscription goes on",
    "upgrade": "A larger plan at once",
    "downgrade": "A smaller plan",
    "interval": "Another billing cycle",
    "pack": "A credit pack",
    "licence": "A licence",
    "licence_upgrade": "A new version of a licence",
}
# From each state, where it may go.
STATES = {
    "draft": frozenset({"open", "void"}),
    "open": frozenset({"paid", "void", "uncollectible"}),
    "uncollectible": frozenset({"paid", "void"}),
    "paid": frozenset[str](),
    "void": frozenset[str](),
}
PAYABLE = frozenset({"open", "uncollectible"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice, USD; what is taken off is negative. The words name no person."""

    description: str
    kind: str
    amount_usd: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as it was raised: its lines sum to its total, which is never negative."""

    user_id: UUID
    id: UUID
    status: str
    total_usd: Decimal
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """Lines ready to be written, and what they move in the account credit (negative: taken from it)."""

    lines: tuple[Line, ...]
    total_usd: Decimal
    account_credit_usd: Decimal


def cents(amount_usd: Decimal) -> Decimal:
    """Round to cents, half to the even one: the only rounding of an invoice."""
    return amount_usd.quantize(CENT, ROUND_HALF_EVEN, EXACT) + NOTHING


def invoice_id(user_id: UUID, subscription_id: UUID | None, reason: str, period_start: datetime) -> UUID:
    """The id of the one invoice of this subscription, period and reason."""
    return uuid5(subscription_id or user_id, f"invoice {reason} {period_start.isoformat()}")


def settle(lines: Iterable[Line], account_credit_usd: Decimal) -> Settled:
    """Round the lines, keep a negative sum as account credit and pay a positive one from it as far as it goes."""
    given = tuple(lines)
    _refuse_faults(given)
    rounded = tuple(Line(line.description, line.kind, cents(line.amount_usd)) for line in given)
    net = sum((line.amount_usd for line in rounded), NOTHING)
    if net < 0:
        kept = Line("Kept as account credit for what comes next", "carried_forward", -net)
        return Settled((*rounded, kept), NOTHING, -net)
    taken = min(net, account_credit_usd)
    if taken <= 0:
        return Settled(rounded, net, NOTHING)
    return Settled((*rounded, Line("Paid from account credit", "account_credit", -taken)), net - taken, -taken)


def refuse_move(status: str, wanted: str) -> None:
    """Refuse a state an invoice cannot go to."""
    if wanted not in STATES[status]:
        raise RuleBrokenError(f"This invoice is {status}, so it cannot become {wanted}. Nothing was changed.")


def refundable_usd(paid_usd: Decimal, refunded_usd: Decimal) -> Decimal:
    """What can still be given back of an invoice: what was paid less what was refunded."""
    return max(NOTHING, paid_usd - refunded_usd)


def refuse_refund(amount_usd: Decimal, paid_usd: Decimal, refunded_usd: Decimal) -> None:
    """Refuse a refund of nothing, of parts of a cent, or above what was paid and not yet refunded."""
    most = refundable_usd(paid_usd, refunded_usd)
    if not amount_usd.is_finite() or amount_usd <= 0 or amount_usd != cents(amount_usd):
        raise RuleBrokenError("Give an amount above zero, in dollars and cents. Nothing was changed.")
    if amount_usd > most:
        raise RuleBrokenError(
            f"${paid_usd:,.2f} was paid and ${refunded_usd:,.2f} refunded, so at most ${most:,.2f} can be given back. "
            "Nothing was changed."
        )


def price_of(lines: Iterable[Line]) -> Decimal:
    """What the things on an invoice cost, however they were paid: its lines without what was unused and what is credit."""
    paying = {"unused", "account_credit", "carried_forward"}
    return sum((line.amount_usd for line in lines if line.kind not in paying), NOTHING)


def claw_back_of(granted: Decimal, price_usd: Decimal, given_back_usd: Decimal, amount_usd: Decimal) -> Decimal:
    """Credits a refund takes back: f(after) - f(before), f(x) = granted x share of the price that went back.

    However a sum is given back in parts, the parts take back the same credits; all of it takes all.
    """
    return _gone(granted, price_usd, given_back_usd + amount_usd) - _gone(granted, price_usd, given_back_usd)


def lost_usd(granted: Decimal, price_usd: Decimal, credits_lost: Decimal) -> Decimal:
    """What credits that were used already had cost, in cents: money given back for nothing returned."""
    return cents(EXACT.divide(price_usd * credits_lost, granted)) if granted else NOTHING


def _gone(granted: Decimal, price_usd: Decimal, given_back_usd: Decimal) -> Decimal:
    if price_usd <= 0 or given_back_usd >= price_usd:
        return granted
    return EXACT.divide(granted * given_back_usd, price_usd).quantize(MILLIONTH, ROUND_HALF_EVEN, EXACT)


def _refuse_faults(lines: tuple[Line, ...]) -> None:
    if not lines:
        raise RuleBrokenError("An invoice has a line at least. Nothing was changed.")
    for line in lines:
        if line.kind not in LINE_KINDS or not line.description.strip():
            raise RuleBrokenError("A line says what it is for. Nothing was changed.")
        if not line.amount_usd.is_finite() or abs(line.amount_usd) >= LARGEST_INVOICE_USD:
            raise RuleBrokenError("A line is below a million dollars. Nothing was changed.")
