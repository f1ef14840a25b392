"""US dollars: exact decimals, and the roundings that are allowed on the way in."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

PRICE_DECIMALS = Decimal("1e-10")
LARGEST_USD = Decimal("1e9")
REPORTED_DECIMALS = 12

# Enough digits for every product in the domain: costs carry 13 decimals, values
# 17, and nine digits stand before the point.
EXACT = Context(prec=80)


def price_per_1k(usd_per_token: Decimal) -> Decimal:
    """Turn USD per token into USD per 1,000 tokens, half-even at 10 decimals; the only rounding of a price."""
    with localcontext(EXACT):
        return (usd_per_token * 1000).quantize(PRICE_DECIMALS, rounding=ROUND_HALF_EVEN)


def is_amount(value: Decimal) -> bool:
    """Whether this is a finite amount of at most a billion dollars, zero or more."""
    return value.is_finite() and 0 <= value < LARGEST_USD


def decimals(value: Decimal) -> int:
    """How many digits stand after the point, trailing zeros not counted."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not value:
        return 0
    # By its digits, not by a context: that would make nothing of 1e-2000000.
    trailing = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -exponent - trailing)


def fixed(value: Decimal, places: int) -> str:
    """Write an amount as it travels: with this many decimals, half-even, never scientific."""
    return f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, EXACT):f}"
