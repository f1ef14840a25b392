"""The steps of a charge: tokens, price, multiplier, value, credits, grants."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from uuid import UUID

from dashboard.engine import margin
from dashboard.engine.money import EXACT, decimals
from dashboard.engine.rating import DEFAULT_MULTIPLIER, SCOPE_ORDER, Price, Rates, Tokens
from dashboard.engine.rules import Resolution, Why
from dashboard.reports.pricing.multipliers import RuleRow
from dashboard.reports.support.receipts import GrantFound, UsageFacts
from dashboard.ui.format import credits as credits_written
from dashboard.ui.format import multiplier as multiplier_written
from dashboard.ui.format import usd_exact

TITLES = ("Input, not cached", "Input, read from cache", "Input, written to cache", "Output")
FEWEST_PLACES, PRICE_PLACES = 5, 10


@dataclass(frozen=True, slots=True)
class Bucket:
    """One kind of tokens: how many, USD per 1,000 and in all."""

    title: str
    tokens: int
    price_usd: Decimal | None
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Step:
    """One rule as it was tried; `is_winner` for the one that decided."""

    text: str
    is_winner: bool = False


def buckets_of(tokens: Tokens, price: Price | None) -> list[Bucket]:
    """The four buckets at the price that held for a request of this size."""
    counts = (tokens.uncached, tokens.cached, tokens.written, tokens.output)
    rates = _rates(tokens, price) if price else None
    prices: tuple[Decimal | None, ...] = (None,) * 4
    if rates:
        missing = rates.uncached
        prices = (
            rates.uncached,
            missing if rates.cached is None else rates.cached,
            missing if rates.written is None else rates.written,
            rates.output,
        )
    return [
        Bucket(title, count, each, _cost(count, each))
        for title, count, each in zip(TITLES, counts, prices, strict=True)
    ]


def is_high(tokens: Tokens, price: Price | None) -> bool:
    """Whether the prices of a long context held."""
    return (
        price is not None
        and price.high_rates is not None
        and price.threshold_tokens is not None
        and tokens.context > price.threshold_tokens
    )


def places_of(values: Sequence[Decimal | None], fewest: int = FEWEST_PLACES, most: int = PRICE_PLACES) -> int:
    """As many decimals as the longest of a column needs, so that it lines up."""
    return min(most, max([fewest, *(decimals(value) for value in values if value is not None)]))


def steps_of(row: UsageFacts, resolution: Resolution) -> list[Step]:
    """The scopes in the order they are tried: none there, the one that won, those it beat."""
    if row.scope == "none":
        return []
    steps, is_decided = [], False
    for scope in SCOPE_ORDER:
        title = f"Tier {row.tier_title}" if scope == "tier" else scope.capitalize()
        held = [
            one
            for one in resolution.verdicts
            if one.dated.rule.scope == scope and one.why in {Why.WINS, Why.OUTRANKED, Why.BROADER}
        ]
        for one in held:
            wins = one.why is Why.WINS
            is_decided = is_decided or wins
            beaten = "" if wins else ", beaten"
            steps.append(Step(f"{title}: {multiplier_written(one.dated.rule.multiplier)}{beaten}", wins))
        if not held:
            steps.append(Step(f"{title}: {'not reached' if is_decided else 'none'}"))
    default = "not reached" if is_decided else multiplier_written(DEFAULT_MULTIPLIER)
    return [*steps, Step(f"Default: {default}", not is_decided)]


def winner_of(row: UsageFacts, rules: dict[UUID, RuleRow]) -> RuleRow | None:
    """The rule the books name."""
    return rules.get(row.rule_id) if row.rule_id else None


def division(row: UsageFacts) -> str:
    """How credits follow from the value: `$0.1465254 ÷ $0.001 = 146.5254`."""
    if row.value_usd is None:
        return ""
    with localcontext(EXACT):
        quotient = row.value_usd / row.unit_usd
    exact = quotient if decimals(quotient) <= PRICE_PLACES else None
    equals = f"= {credits_written(exact)}" if exact is not None else f"≈ {usd_exact(quotient, 6).lstrip('$')}"
    step = "" if row.increment == 1 else f", in steps of {credits_written(row.increment)}"
    return f"{_dollars(row.value_usd)} ÷ {_dollars(row.unit_usd)} {equals}{step}"


def rated_margin(row: UsageFacts) -> Decimal | None:
    """The margin before rounding and cover, percent."""
    if row.value_usd is None or row.vendor_cost_usd is None:
        return None
    return margin.margin_percent(row.value_usd, row.vendor_cost_usd)


def paid_sentence(row: UsageFacts, drawn: Sequence[GrantFound]) -> str:
    """What the credits drawn had cost the customer."""
    free = sum((-one.amount for one in drawn if one.amount < 0 and not one.paid_usd), Decimal(0))
    parts = [f"{credits_written(free, unit=True)} {'was' if free == 1 else 'were'} a gift"] if free else []
    for one in drawn:
        if one.amount < 0 and one.paid_usd:
            each = _dollars(one.paid_each_usd, 7)
            parts.append(f"{credits_written(-one.amount)} {'was' if one.amount == -1 else 'were'} paid at {each}")
    revenue = f"Realised revenue {_dollars(row.realised_revenue_usd, 8)}"
    cover = (
        f"{credits_written(row.credits_uncovered, unit=True)} uncovered: a cost we bear."
        if row.credits_uncovered
        else "Nothing is uncovered."
    )
    return f"{revenue}{': ' if parts else ''}{', '.join(parts)}. {cover}"


def _rates(tokens: Tokens, price: Price) -> Rates:
    return price.high_rates if price.high_rates and is_high(tokens, price) else price.rates


def _cost(tokens: int, price_usd: Decimal | None) -> Decimal | None:
    if price_usd is None:
        return None
    with localcontext(EXACT):
        return tokens * price_usd * Decimal("0.001")


def _dollars(value: Decimal, most: int = 18) -> str:
    return usd_exact(value, max(2, min(most, decimals(value))))
