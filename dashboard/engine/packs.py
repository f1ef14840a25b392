"""Credit packs: what a credit may cost us, and when a pack is sold for less (domain §10)."""

from decimal import Decimal

from dashboard.engine.money import EXACT


def cost_of_credits_usd(credits: Decimal, unit_usd: Decimal, multiplier: Decimal) -> Decimal:
    """What credits may cost us at vendors once used: their worth by the multiplier they are used at, USD."""
    return EXACT.divide(credits * unit_usd, multiplier)


def is_below_cost(price_usd: Decimal, credits: Decimal, unit_usd: Decimal, multiplier: Decimal) -> bool:
    """Whether a pack is sold below unit value ÷ multiplier: used up, it costs more than it brought."""
    return price_usd * multiplier < credits * unit_usd
