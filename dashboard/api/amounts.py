"""How amounts travel: strings with a fixed number of decimals, never floats, never scientific (domain §1)."""

from decimal import Decimal

from dashboard.engine.money import fixed

USD_DECIMALS = 12
CREDIT_DECIMALS = 6
PERCENT_DECIMALS = 2
MULTIPLIER_DECIMALS = 4


def usd(value: Decimal | None) -> str | None:
    """USD with 12 decimals, half-even."""
    return _fixed(value, USD_DECIMALS)


def credits(value: Decimal | None) -> str | None:
    """Credits with 6 decimals."""
    return _fixed(value, CREDIT_DECIMALS)


def percent(value: Decimal | None) -> str | None:
    """A percentage with 2 decimals, half-even; None where there is no denominator."""
    return _fixed(value, PERCENT_DECIMALS)


def multiplier(value: Decimal | None) -> str | None:
    """A multiplier with 4 decimals."""
    return _fixed(value, MULTIPLIER_DECIMALS)


def json_numbers(value: object) -> object:
    """Return JSON with its exact decimals as plain numbers again: for what is kept and never reckoned with."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: json_numbers(each) for name, each in value.items()}
    return [json_numbers(each) for each in value] if isinstance(value, list) else value


def _fixed(value: Decimal | None, places: int) -> str | None:
    return None if value is None else fixed(value, places)
