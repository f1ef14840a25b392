"""Overview and Margins: p95 of the server's time, on the demo and with ten times the ledger."""

import time

from benchmarks.results import Result
from benchmarks.scratch import Scratch

PAGES = {"Overview": "/", "Margins": "/finance/margins"}
ROUNDS = 120
WARM = 20
BAR_MS = 40
BAR_RATIO = 1.2
COPIES = 9

# The same days and dimensions, nine more times; a copy is uncovered, so that the chain stays as it is.
MULTIPLY = """
insert into token_usage_ledger (
    user_id, request_id, subscription_id, provider_id, model_id, service, request_type, status, key_mode,
    user_tier_at_request, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, cost_status, price_id,
    vendor_cost, pricing_config_id, multiplier_scope, margin_multiplier, credit_value_usd, unit_usd, increment,
    credits_due, credits_deducted, credits_uncovered, rounding_gain_usd, realised_revenue_usd, body_sha256,
    request_started_at, request_completed_at, processing_time_ms, created_at, accounted_at
)
select
    user_id, gen_random_uuid(), subscription_id, provider_id, model_id, service, request_type, status, key_mode,
    user_tier_at_request, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, cost_status, price_id,
    vendor_cost, pricing_config_id, multiplier_scope, margin_multiplier, credit_value_usd, unit_usd, increment,
    credits_due, 0, credits_due, rounding_gain_usd, 0, body_sha256,
    request_started_at, request_completed_at, processing_time_ms, created_at, accounted_at
from token_usage_ledger
cross join generate_series(1, %s)
"""


def measure(scratch: Scratch) -> list[Result]:
    scratch.flask("demo")
    before = _times(scratch)
    rows = _multiply(scratch)
    after = _times(scratch)
    results = []
    for page in PAGES:
        ratio = after[page] / before[page]
        results += [
            Result(f"{page}, demo, p95", f"{before[page]:.1f} ms", f"≤ {BAR_MS} ms", before[page] <= BAR_MS),
            Result(f"{page}, {rows:,} requests, p95", f"{after[page]:.1f} ms", "", None),
            Result(f"{page}, ten times ÷ demo", f"{ratio:.2f}", f"≤ {BAR_RATIO}", ratio <= BAR_RATIO),
        ]
    return results


def _times(scratch: Scratch) -> dict[str, float]:
    client = scratch.signed_in()
    found = {}
    for name, path in PAGES.items():
        taken = []
        for _ in range(WARM + ROUNDS):
            started = time.perf_counter()
            answer = client.get(path)
            taken.append((time.perf_counter() - started) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}")
        found[name] = sorted(taken[WARM:])[int(ROUNDS * 0.95) - 1]
    return found


def _multiply(scratch: Scratch) -> int:
    with scratch.owner() as connection:
        connection.execute(MULTIPLY, [COPIES])
        connection.execute("select rebuild_usage()")
        connection.execute("vacuum analyze")
        counted = connection.execute("select count(*) from token_usage_ledger").fetchone()
        return int(counted[0]) if counted else 0
