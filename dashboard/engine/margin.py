"""Margin and every other ratio: the only definitions. SQL adds, this divides."""

from collections.abc import Iterable
from decimal import Decimal, localcontext

from dashboard.engine.money import EXACT

HUNDRED = Decimal(100)


def margin_usd(revenue_usd: Decimal, cost_usd: Decimal) -> Decimal:
    """Revenue − cost, USD."""
    return revenue_usd - cost_usd


def margin_percent(revenue_usd: Decimal, cost_usd: Decimal) -> Decimal | None:
    """(revenue − cost) ÷ revenue in percent; None without revenue. Never a markup."""
    return percent(revenue_usd - cost_usd, revenue_usd)


def target_percent(multiplier: Decimal) -> Decimal:
    """The margin a multiplier aims for: (m − 1) ÷ m in percent."""
    with localcontext(EXACT):
        return (multiplier - 1) / multiplier * HUNDRED


def aimed_percent(parts: Iterable[tuple[Decimal, Decimal]]) -> Decimal | None:
    """The target of a mix: each (target in percent, list revenue in USD) by its revenue; None without revenue."""
    aimed = list(parts)
    revenue = sum((amount for _, amount in aimed), Decimal(0))
    if revenue <= 0:
        return None
    with localcontext(EXACT):
        return sum((target * amount for target, amount in aimed), Decimal(0)) / revenue


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Part ÷ whole in percent; None when the whole is zero."""
    if whole == 0:
        return None
    with localcontext(EXACT):
        return Decimal(part) * HUNDRED / Decimal(whole)


def coverage_percent(priced: int, unpriced: int) -> Decimal | None:
    """Priced ÷ (priced + unpriced) requests in percent."""
    return percent(priced, priced + unpriced)


def success_percent(succeeded: int, requests: int, cancelled: int) -> Decimal | None:
    """Success ÷ (all − cancelled) in percent."""
    return percent(succeeded, requests - cancelled)


def change_percent(now: Decimal | int, before: Decimal | int) -> Decimal | None:
    """Change against the previous period in percent; 0 when both are zero, None ("new") when only the base is."""
    if before == 0:
        return Decimal(0) if now == 0 else None
    with localcontext(EXACT):
        return (Decimal(now) - Decimal(before)) * HUNDRED / abs(Decimal(before))
