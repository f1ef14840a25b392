"""Changing a plan in the middle of a period: a pure function of what was and what is to be (domain §10)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext

from dashboard.engine.money import EXACT

CENT = Decimal("0.01")
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan costs per billing cycle, USD, and grants per month."""

    tier: str
    billing_cycle: str
    price_usd: Decimal
    monthly_credits: Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """A period [start, end)."""

    start: datetime
    end: datetime

    @property
    def microseconds(self) -> int:
        """How long it is."""
        return _microseconds(self.start, self.end)

    def remaining(self, at: datetime) -> int:
        """How much of it is left at a moment, in microseconds: all before it, none after."""
        return _microseconds(min(max(at, self.start), self.end), self.end)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A plan at a moment: its terms, the period its money is for, the period its credits are for."""

    terms: Terms
    billing: Span
    allowance: Span


@dataclass(frozen=True, slots=True)
class Proration:
    """What a change comes to: money to the cent, whole credits, and the times both were shared out by."""

    unused_usd: Decimal
    new_usd: Decimal
    discount_usd: Decimal
    net_usd: Decimal
    credits_granted: Decimal
    credits_unused: Decimal
    credits_withdrawn: Decimal
    billing_remaining: int
    billing_total: int
    allowance_remaining: int
    allowance_total: int

    @property
    def credits_net(self) -> Decimal:
        """By how much the balance changes."""
        return self.credits_granted - self.credits_withdrawn


def prorate(
    old: Snapshot, new: Snapshot, at: datetime, *, credits_left: Decimal | None = None, discount_usd: Decimal = NOTHING
) -> Proration:
    """Share out money by the billing period and credits by the allowance period, by exact time.

    `credits_left` is what the old allowance still holds (None: all of it): no more is withdrawn. A discount never
    exceeds the new price's share. A negative net is the customer's, as account credit.
    """
    unused = share_usd(old.terms.price_usd, old.billing, at)
    due = share_usd(new.terms.price_usd, new.billing, at)
    taken_off = min(discount_usd.quantize(CENT, ROUND_HALF_EVEN, EXACT), due)
    unused_credits = share_credits(old.terms.monthly_credits, old.allowance, at)
    return Proration(
        unused_usd=unused,
        new_usd=due,
        discount_usd=taken_off,
        net_usd=due - unused - taken_off,
        credits_granted=share_credits(new.terms.monthly_credits, new.allowance, at),
        credits_unused=unused_credits,
        credits_withdrawn=unused_credits if credits_left is None else min(unused_credits, credits_left),
        billing_remaining=old.billing.remaining(at),
        billing_total=old.billing.microseconds,
        allowance_remaining=old.allowance.remaining(at),
        allowance_total=old.allowance.microseconds,
    )


def share_usd(price_usd: Decimal, period: Span, at: datetime) -> Decimal:
    """The price of what is left of a period, half-even to cents."""
    with localcontext(EXACT):
        return (price_usd * period.remaining(at) / period.microseconds).quantize(CENT, ROUND_HALF_EVEN)


def share_credits(credits_of_period: Decimal, period: Span, at: datetime) -> Decimal:
    """The whole credits of what is left of a period, rounded down."""
    with localcontext(EXACT):
        return (credits_of_period * period.remaining(at) / period.microseconds).quantize(Decimal(1), ROUND_FLOOR)


def paid_for_share_usd(price_of_period_usd: Decimal, period: Span, at: datetime) -> Decimal:
    """What was paid for the credits of what is left of a period, USD to 18 decimals."""
    with localcontext(EXACT):
        share = price_of_period_usd * period.remaining(at) / period.microseconds
        return share.quantize(Decimal("1e-18"), ROUND_HALF_EVEN)


def _microseconds(start: datetime, end: datetime) -> int:
    span = end - start
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
