"""Folding: deltas a second into summary rows that are there already, batch by batch as the job does it."""

import time
from statistics import median

from benchmarks.charge_one import BOOKS
from benchmarks.copies import Connection
from benchmarks.events import PROVIDERS
from benchmarks.results import Result
from benchmarks.scratch import Scratch

BAR = 300_000
# What one call of fold_usage takes by itself.
BATCH = 200_000
ROUNDS = 5
WARM, SPREAD = (1_000, 2), (10_000, 10)

# One hour of requests that differ in cost: as many customers, each using as many models of one provider.
WAITING = f"""
    insert into usage_delta (
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
        dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
        cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
        credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
        latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd,
        credits_corrected, list_corrected_usd, realised_corrected_usd
    )
    select
        cast('00000000-0000-4000-8000-' || lpad(to_hex(1 + n %% %(customers)s), 12, '0') as uuid), gen_random_uuid(),
        date '2026-11-01', timestamptz '2026-11-01 09:00Z', providers.id, 'm' || 1 + n / %(customers)s %% %(models)s,
        'pro', 'completion', 'system', 'success', cost_bucket(cost), cost, 1, 1, 0, 1000 + n %% 3000, 0, 0,
        100 + n %% 900, cost, cost * 1.5, ceil(cost * 1500), ceil(cost * 1500), 0, ceil(cost * 1500) * .001,
        ceil(cost * 1500) * .0009, ceil(cost * 1500) * .001 - cost * 1.5, 0, 1200, 1, 0, 0, 0, 0, 0, 0
    from generate_series(1, {BATCH}) as n
    cross join lateral (select 0.0123 + n %% 9973 * 0.000001 as cost) as rated
    join providers on providers.name = '{PROVIDERS[0]}'
"""


def measure(scratch: Scratch) -> list[Result]:
    with scratch.owner() as owner:
        for statement in BOOKS.split(";"):
            owner.execute(statement.encode())
        warm = _median(owner, "warm", *WARM)
        spread = _median(owner, "spread", *SPREAD)
    return [
        Result("fold_usage, 1,000 customers × 2 models, warm rows", f"{warm:,.0f} deltas/s", f"≥ {BAR:,}", warm >= BAR),
        Result("fold_usage, 10,000 customers × 10 models, warm rows", f"{spread:,.0f} deltas/s", "", None),
    ]


def _median(owner: Connection, name: str, customers: int, models: int) -> float:
    rates = []
    for number in range(ROUNDS + 1):
        owner.execute(WAITING.encode(), {"customers": customers, "models": models})
        owner.execute("analyze usage_delta")
        started = time.perf_counter()
        moved = (owner.execute("select fold_usage()").fetchone() or (0,))[0]
        rate = int(moved) / (time.perf_counter() - started)
        print(f"    {name} {number or 'cold'}: {moved:,} deltas, {rate:,.0f}/s", flush=True)
        rates.append(rate)
        owner.execute("vacuum usage_delta")
    return median(rates[1:])
