"""An independent calculation of what an import must give, in plain Decimal; it shares nothing with the product."""

import calendar
import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

MULTIPLIERS = {"free": "2.0", "pro": "1.5", "pro_max": "1.4", "enterprise_pro": "1.2", "enterprise_max": "1.2"}
CREDITS = {"free": 2_000, "pro": 20_000, "pro_max": 50_000, "enterprise_pro": 250_000, "enterprise_max": 700_000}
UNIT_USD = Decimal("0.001")
Row = dict[str, str]


@dataclass(frozen=True)
class Expected:
    """What one request must have cost, been worth, and been charged."""

    vendor_cost: Decimal | None
    value: Decimal | None
    due: Decimal
    deducted: Decimal


@dataclass
class Prices:
    """USD per token by provider and model: below and above a context size."""

    ordinary: dict[tuple[str, str], tuple[Decimal, Decimal, Decimal]] = field(default_factory=dict)
    high: dict[tuple[str, str], tuple[int, tuple[Decimal, Decimal, Decimal]]] = field(default_factory=dict)


def rows_of(path: Path) -> Iterator[Row]:
    """Read a CSV with the standard library's reader."""
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def prices_of_litellm(path: Path) -> Prices:
    """Find the prices of every model by the key LiteLLM lists it under."""
    prices = Prices()
    for key, entry in json.loads(path.read_text(), parse_float=Decimal).items():
        provider = {"gemini": "google"}.get(entry.get("litellm_provider"), entry.get("litellm_provider"))
        model = key.removeprefix("gemini/").removeprefix("azure/").removeprefix("openai/").removeprefix("anthropic/")
        uncached, output = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
        if uncached and output:
            cached = entry.get("cache_read_input_token_cost", uncached)
            prices.ordinary.setdefault((provider, model), (Decimal(uncached), Decimal(output), Decimal(cached)))
        above = entry.get("input_cost_per_token_above_200k_tokens")
        if above:
            high_output = entry.get("output_cost_per_token_above_200k_tokens", output)
            high_cached = entry.get("cache_read_input_token_cost_above_200k_tokens", above)
            prices.high[provider, model] = (200_000, (Decimal(above), Decimal(high_output), Decimal(high_cached)))
    return prices


def prices_of_csv(path: Path) -> Prices:
    """Read prices per 1,000 tokens as prices per token."""
    prices = Prices()
    for row in rows_of(path):
        names = ("input_price_per_1k", "output_price_per_1k", "cache_hit_price_per_1k")
        uncached, output, cached = (Decimal(row[name]) / 1000 for name in names)
        prices.ordinary[row["provider"], row["model"]] = (uncached, output, cached)
    return prices


def expected(
    usage: Iterable[Row], customers: Iterable[Row], prices: Prices, factor: Decimal = Decimal(1)
) -> dict[tuple[str, str], Expected]:
    """Work out every request of a trace that is in order of time, by e-mail and request id; `factor` raises all prices."""
    plans = {row["email"]: row for row in customers}
    left: dict[tuple[str, datetime], Decimal] = {}
    found = {}
    for row in usage:
        started = datetime.fromisoformat(row["request_started_at"])
        plan = plans[row["customer_email"]]
        since = datetime.fromisoformat(plan["started_at"]).replace(tzinfo=UTC)
        tier = plan["tier"] if since <= started else "free"
        cost = _cost(row, prices)
        charged = row["status"] in {"success", "cancelled"}
        value = None if cost is None else cost * (Decimal(MULTIPLIERS[tier]) * factor if charged else 0)
        due = Decimal(0) if value is None else (value / UNIT_USD).to_integral_value(ROUND_CEILING)
        deducted = Decimal(0)
        if since <= started:
            period = (plan["email"], period_start(since, int(plan["reset_day_of_month"]), started))
            deducted = min(due, left.setdefault(period, Decimal(CREDITS[plan["tier"]])))
            left[period] -= deducted
        found[row["customer_email"], row["request_id"]] = Expected(cost, value, due, deducted)
    return found


def period_start(since: datetime, reset_day: int, instant: datetime) -> datetime:
    """Return when the allowance period began that holds an instant."""
    starts = [since]
    for month in range(since.year * 12 + since.month - 1, instant.year * 12 + instant.month):
        year, number = divmod(month, 12)
        day = min(reset_day, calendar.monthrange(year, number + 1)[1])
        starts.append(datetime(year, number + 1, day, tzinfo=UTC))
    return max(start for start in starts if since <= start <= instant)


def _cost(row: Row, prices: Prices) -> Decimal | None:
    if row["status"] in {"failed", "rate_limited"}:
        return Decimal(0)
    key = (row["provider"], row["model"])
    if key not in prices.ordinary:
        return None
    tokens = [int(row[name]) for name in ("input_tokens", "output_tokens", "cached_input_tokens")]
    uncached, output, cached = prices.ordinary[key]
    threshold, high = prices.high.get(key, (None, None))
    if threshold and high and tokens[0] + tokens[2] > threshold:
        uncached, output, cached = high
    return tokens[0] * uncached + tokens[1] * output + tokens[2] * cached
