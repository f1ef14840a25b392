"""Plans and the credit policy: what a change says, what it must keep, and where a plan breaks even (domain §2, §6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from dashboard.engine.credits import Policy
from dashboard.engine.money import EXACT, decimals

MOST_USD = Decimal("999999999.99")
MOST_UNIT_USD = Decimal(999_999)
MOST_CREDITS = Decimal(999_999_999_999)
MOST_INCREMENT = Decimal(999_999)
MOST_MULTIPLIER = Decimal("99.99")
MOST_TRIAL_DAYS = 366
LONGEST_WHY = 500
CENTS, CREDIT_DECIMALS, MULTIPLIER_DECIMALS, UNIT_DECIMALS = 2, 6, 4, 18
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a tier costs and grants: USD per month and per year, credits per month, the lowest multiplier."""

    monthly_price_usd: Decimal
    annual_price_usd: Decimal
    monthly_credit_allocation: Decimal
    max_credit_rollover: Decimal
    floor_multiplier: Decimal
    trial_days: int


@dataclass(frozen=True, slots=True)
class TierVersionOrder:
    """A new version of a tier, made from the one that starts at `based_on`; without a start it holds from its approval."""

    tier: str
    monthly_price_usd: Decimal
    annual_price_usd: Decimal
    monthly_credit_allocation: Decimal
    max_credit_rollover: Decimal
    floor_multiplier: Decimal
    trial_days: int
    based_on: datetime
    why: str
    effective_from: datetime | None = None
    urgent: bool = False

    @property
    def terms(self) -> Terms:
        """What the new version says."""
        return Terms(
            self.monthly_price_usd,
            self.annual_price_usd,
            self.monthly_credit_allocation,
            self.max_credit_rollover,
            self.floor_multiplier,
            self.trial_days,
        )


@dataclass(frozen=True, slots=True)
class TierStateOrder:
    """Whether a tier is sold and in use, from the approval on."""

    tier: str
    was_sold: bool
    was_active: bool
    is_sold: bool
    is_active: bool
    why: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class PolicyOrder:
    """A new unit value or increment, made from the policy that starts at `based_on`."""

    unit_usd: Decimal
    increment: Decimal
    based_on: datetime
    why: str
    effective_from: datetime | None = None
    urgent: bool = False

    @property
    def policy(self) -> Policy:
        """The policy it asks for."""
        return Policy(self.unit_usd, self.increment)


PlanOrder = TierVersionOrder | TierStateOrder | PolicyOrder
PLAN_KINDS: dict[str, type[PlanOrder]] = {
    "add_tier_version": TierVersionOrder,
    "change_tier": TierStateOrder,
    "add_credit_policy": PolicyOrder,
}
# Why an approved change could not be carried out; the database's outcomes.
REFUSALS = {
    "past": "The start it names is over, and nothing begins in the past: propose it anew.",
    "changed": "What it was made from is no longer what holds then: look again and propose it anew.",
    "unit_fixed": "Credits have been granted at the unit value there is; another one would revalue every balance.",
    "unit_scheduled": "Another unit value can only hold from its approval on.",
    "held": "Customers have this tier, so it stays in use; it can be taken out of sale.",
    "no_rule": "No approved multiplier holds for this tier; propose one first.",
}
_READ: dict[str, Any] = {
    "based_on": datetime.fromisoformat,
    "effective_from": datetime.fromisoformat,
    **dict.fromkeys(
        (
            "monthly_price_usd",
            "annual_price_usd",
            "monthly_credit_allocation",
            "max_credit_rollover",
            "floor_multiplier",
            "unit_usd",
            "increment",
        ),
        Decimal,
    ),
}


def kind_of(order: PlanOrder) -> str:
    """Return the kind of request this order becomes."""
    return next(kind for kind, made in PLAN_KINDS.items() if isinstance(order, made))


def plan_order_of(kind: str, payload: Mapping[str, Any]) -> PlanOrder:
    """Read an order back from what a request for approval keeps."""
    given = {
        name: value if value is None or name not in _READ else _READ[name](value) for name, value in payload.items()
    }
    return PLAN_KINDS[kind](**given)


def faults_of_version(order: TierVersionOrder, held: Terms, now: datetime) -> dict[str, str]:
    """Return what a new version of a tier cannot say, by field."""
    found = _faults_of_change(order.effective_from, order.why, now)
    for name in ("monthly_price_usd", "annual_price_usd"):
        if not _within(getattr(order, name), Decimal(0), MOST_USD, CENTS):
            found[name] = "Give an amount of US dollars, zero or more, in whole cents."
    if not _within(order.monthly_credit_allocation, Decimal(0), MOST_CREDITS, CREDIT_DECIMALS):
        found["monthly_credit_allocation"] = "Give a number of credits, zero or more, with at most 6 decimals."
    if not _within(order.max_credit_rollover, Decimal(0), MOST_CREDITS, CREDIT_DECIMALS):
        found["max_credit_rollover"] = "Give a number of credits, zero or more, with at most 6 decimals."
    elif order.max_credit_rollover > order.monthly_credit_allocation:
        found["max_credit_rollover"] = "No more can be carried over than a month grants."
    if not _within(order.floor_multiplier, Decimal("0.0001"), MOST_MULTIPLIER, MULTIPLIER_DECIMALS):
        found["floor_multiplier"] = "Give a multiplier above 0 and up to 99.99, with at most 4 decimals."
    if not 0 <= order.trial_days <= MOST_TRIAL_DAYS:
        found["trial_days"] = f"Give a number of days from 0 to {MOST_TRIAL_DAYS}."
    if not found and order.terms == held:
        found["monthly_price_usd"] = "This is what holds already; change at least one thing."
    return found


def faults_of_state(order: TierStateOrder) -> dict[str, str]:
    """Return what a change of a tier's state cannot say, by field."""
    found = _faults_of_change(None, order.why, None)
    if order.is_sold and not order.is_active:
        found["is_sold"] = "A tier that is sold is also in use."
    if (order.is_sold, order.is_active) == (order.was_sold, order.was_active):
        found["is_sold"] = "This is how it is already."
    return found


def faults_of_policy(order: PolicyOrder, held: Policy, *, has_grants: bool, now: datetime) -> dict[str, str]:
    """Return what a new credit policy cannot say, by field."""
    found = _faults_of_change(order.effective_from, order.why, now)
    if not _within(order.unit_usd, Decimal("1e-18"), MOST_UNIT_USD, UNIT_DECIMALS):
        found["unit_usd"] = "Give an amount of US dollars above zero and below a million."
    elif order.unit_usd != held.unit_usd and has_grants:
        found["unit_usd"] = REFUSALS["unit_fixed"]
    elif order.unit_usd != held.unit_usd and order.effective_from is not None:
        found["effective_from"] = REFUSALS["unit_scheduled"]
    if not _within(order.increment, Decimal("0.000001"), MOST_INCREMENT, CREDIT_DECIMALS):
        found["increment"] = "Give a number of credits above zero and below a million, with at most 6 decimals."
    if not found and order.policy == held:
        found["increment"] = "This is what holds already; change at least one thing."
    return found


def cost_per_credit_usd(vendor_cost_usd: Decimal, credits_due: Decimal) -> Decimal | None:
    """What a credit costs us: vendor cost ÷ credits due of the same requests, USD; None without any."""
    if credits_due == 0:
        return None
    with localcontext(EXACT):
        return vendor_cost_usd / credits_due


def break_even_percent(price_usd: Decimal, allowance: Decimal, per_credit_usd: Decimal | None) -> Decimal | None:
    """The share of the allowance at whose vendor cost a plan's price is used up: price ÷ (allowance × cost per credit).

    Break-even utilisation = price ÷ highest vendor cost (fact sheet 2.10), with the cost a credit really had.
    None without an allowance or without a cost.
    """
    if per_credit_usd is None or per_credit_usd <= 0 or allowance == 0:
        return None
    with localcontext(EXACT):
        return price_usd * HUNDRED / (allowance * per_credit_usd)


def full_use_multiplier(price_usd: Decimal, allowance: Decimal, unit_usd: Decimal) -> Decimal | None:
    """The lowest multiplier at which a fully used allowance costs no more than its plan: allowance × unit ÷ price.

    A credit of one unit costs unit ÷ multiplier; rounding up to whole credits, which earns a little more, is left out.
    None for a plan without a price: no multiplier pays for it.
    """
    if price_usd == 0:
        return None
    with localcontext(EXACT):
        return allowance * unit_usd / price_usd


def _faults_of_change(effective_from: datetime | None, why: str, now: datetime | None) -> dict[str, str]:
    found = {}
    if effective_from is not None and now is not None and effective_from <= now:
        found["effective_from"] = "Give a time that is still to come, or none for “at approval”."
    if not (why.strip() and len(why) <= LONGEST_WHY and why.isprintable()):
        found["why"] = f"Say why, in 1 to {LONGEST_WHY} characters on one line."
    return found


def _within(value: Decimal, least: Decimal, most: Decimal, places: int) -> bool:
    return value.is_finite() and least <= value <= most and decimals(value) <= places
