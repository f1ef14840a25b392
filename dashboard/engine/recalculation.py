"""A charge recalculated from what it came from, and compared with the books digit by digit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from dashboard.engine.charging import Charge
from dashboard.engine.credits import Policy, credits_for, realised_through, rounding_gain_usd
from dashboard.engine.money import EXACT
from dashboard.engine.rating import Price, Rating, Tokens, computed_cost_usd

ZERO = Decimal(0)
Figure = Decimal | str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that does not come out as it stands in the books."""

    figure: str
    stored: Figure
    recalculated: Figure


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a request comes to with everything found later, USD and credits; None is unknown."""

    vendor_cost_usd: Decimal | None
    value_usd: Decimal | None
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    rounding_gain_usd: Decimal


def compared(stored: Mapping[str, Figure], recalculated: Mapping[str, Figure]) -> list[Difference]:
    """List the figures that differ; equal is equal in value, to the last digit."""
    return [
        Difference(name, value, recalculated[name])
        for name, value in stored.items()
        if name in recalculated and value != recalculated[name]
    ]


def rated(rating: Rating, policy: Policy) -> dict[str, Figure]:
    """The figures of a rating under the names a receipt uses."""
    gain = ZERO if rating.value_usd is None else rounding_gain_usd(rating.credits_due, rating.value_usd, policy)
    return {
        "Cost status": rating.cost_status,
        "Vendor cost": rating.vendor_cost_usd,
        "Rule": rating.scope if rating.rule_id is None else f"{rating.scope} {rating.rule_id}",
        "Multiplier": rating.multiplier,
        "Value": rating.value_usd,
        "Value of a credit": policy.unit_usd,
        "Increment": policy.increment,
        "Credits due": rating.credits_due,
        "Rounding gain": gain,
    }


def charged(charge: Charge, balance_before: Decimal) -> dict[str, Figure]:
    """The figures of a charge under the names a receipt uses; each draw by the grant it came from."""
    whole: dict[str, Figure] = {
        "Credits deducted": charge.credits_deducted,
        "Credits uncovered": charge.credits_uncovered,
        "Realised revenue": charge.realised_usd,
        "Balance after": balance_before - charge.credits_deducted,
    }
    for position, draw in enumerate(charge.draws, start=1):
        whole[f"Draw {position}, grant"] = str(draw.grant_id)
        whole[f"Draw {position}, credits"] = draw.credits
        whole[f"Draw {position}, realised"] = draw.realised_usd
    return whole


def corrected(
    tokens: Tokens, price: Price, multiplier: Decimal, policy: Policy, deducted_before: Decimal
) -> dict[str, Figure]:
    """What a correction brings a request to: its new price, the multiplier and policy it had, never less than was paid."""
    with localcontext(EXACT):
        cost = computed_cost_usd(tokens, price)
        value = cost * multiplier
        due = max(credits_for(value, policy), deducted_before)
        gain = due * policy.unit_usd - value
    return {"Vendor cost": cost, "Value": value, "Credits due": due, "Rounding gain": gain}


def standing(whole: Corrected) -> dict[str, Figure]:
    """What the books come to with the corrections up to one of them, under the same names."""
    return {
        "Vendor cost": whole.vendor_cost_usd,
        "Value": whole.value_usd,
        "Credits due": whole.credits_due,
        "Rounding gain": whole.rounding_gain_usd,
    }


def realised_by(paid_usd: Decimal, granted: Decimal, before: Decimal, amount: Decimal) -> Decimal:
    """The revenue a posting realises, USD: f(after) − f(before), from what was left before and what moved (out negative)."""
    gone = granted - before
    return realised_through(paid_usd, granted, gone - amount) - realised_through(paid_usd, granted, gone)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add exactly."""
    with localcontext(EXACT):
        return sum(amounts, ZERO)
