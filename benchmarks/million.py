"""A month of a million requests in the books, made in the database itself.

What charging would have written, with a few set-based statements instead of a million transactions: two allowances a
customer, drawn in order, every chain without a gap; `flask check` holds on it. Triggers are off meanwhile, because
foreign keys would check each row by itself; that takes the rights of the embedded server's superuser.
"""

from datetime import UTC, datetime
from typing import Any

import psycopg

from benchmarks.scratch import Scratch
from dashboard.embedded import OWNER, SUPERUSER

START = datetime(2026, 9, 1, tzinfo=UTC)
END = datetime(2026, 10, 1, tzinfo=UTC)
REQUESTS = 1_000_000
CUSTOMERS = 5_000

SHAPES = """
create temporary table shape as
select
    number,
    md5('customer' || number)::uuid as user_id,
    (array['free', 'free', 'pro', 'pro', 'pro_max', 'enterprise_pro', 'enterprise_max'])[1 + number % 7] as tier,
    timestamptz '2026-08-02 00:00+00' + number % 28 * interval '1 day' as turns_at
from generate_series(0, {customers} - 1) as number;
insert into users (id, email, name, registered_at)
select user_id, 'customer-' || number || '@example.com', 'Customer ' || number, '2026-01-01' from shape;
insert into subscription_tier_change (user_id, effective_at, tier, reason)
select user_id, '2026-01-01', tier, 'test' from shape;
insert into models (provider_id, id, name)
select id, name || '-' || number, name || ' ' || number
from providers cross join generate_series(1, 3) as number;
insert into model_provider_pricing (
    provider_id, model_name, input_price_per_1k, output_price_per_1k, effective_from, detected_at, source, last_verified
)
select
    provider_id, id, 0.0025 * right(id, 1)::int, 0.0100 * right(id, 1)::int, '2000-01-01', '2026-01-01', 'test', now()
from models;
"""

# A request falls on a customer by the square root of chance, so that some use far more than others.
REQUEST = """
create temporary table request as
select
    made.*,
    price.provider_id,
    price.model_name as model_id,
    price.id as price_id,
    shape.user_id,
    shape.tier,
    config.id as config_id,
    case when is_charged then config.margin_multiplier else 0 end as multiplier,
    (started_at >= shape.turns_at + interval '1 month')::int as period,
    case when key_mode = 'own' or status = 'failed' then 0
        else (input_tokens * price.input_price_per_1k + output_tokens * price.output_price_per_1k) * 0.001
    end as cost
from (
    select
        *,
        key_mode = 'system' and status = 'success' as is_charged,
        row_number() over () as number
    from (
        select
            timestamptz '{start}' + place * (interval '30 days' / {requests}) as started_at,
            md5('request' || place)::uuid as request_id,
            floor({customers} * (abs(hashint4extended(place, 1)) % 1000000 / 1000000.0) ^ 1.5)::int as customer,
            abs(hashint4extended(place, 2)) % 15 as model,
            50 + abs(hashint4extended(place, 3)) % 8000 as input_tokens,
            10 + abs(hashint4extended(place, 4)) % 1200 as output_tokens,
            case when abs(hashint4extended(place, 5)) % 100 < 4 then 'failed' else 'success' end as status,
            case when abs(hashint4extended(place, 6)) % 100 < 3 then 'own' else 'system' end as key_mode
        from generate_series(0, {requests} - 1) as place
    ) as thrown
) as made
join shape on shape.number = made.customer
join (
    select *, row_number() over (order by model_name) - 1 as model from model_provider_pricing
) as price using (model)
join pricing_scope as scope on scope.scope_type = 'tier' and scope.subscription_tier = shape.tier
join pricing_configs as config on config.scope_id = scope.id;
"""

# Of a hundred customers one runs out as it is, and one more as soon as prices rise by a tenth.
CHARGED = """
create temporary table charged as
with due as (
    select *, ceil(cost * multiplier * 1000) as due from request
),
running as (
    select
        *,
        sum(due) over (partition by user_id, period order by started_at, request_id) as through,
        sum(due) over (partition by user_id, period) as whole
    from due
),
covered as (
    select
        *,
        1 + ceil(whole * (case customer % 100 when 7 then 0.96 when 11 then 1.05 else 1.6 end)) as granted
    from running
),
drawn as (
    select *, least(due, greatest(0, granted - (through - due))) as deducted from covered
)
select
    *,
    case when deducted > 0
        then 2 + row_number() over (partition by user_id, deducted > 0 order by started_at, request_id)
    end as seq
from drawn;
analyze charged;
create temporary table granted as
select
    shape.user_id,
    period,
    md5('grant' || shape.number || ' ' || period)::uuid as id,
    coalesce(max(granted), 100) as granted,
    turns_at + period * interval '1 month' as effective_at,
    coalesce(sum(deducted), 0) as gone
from shape
cross join generate_series(0, 1) as period
left join charged using (user_id, period)
group by shape.user_id, shape.number, period, turns_at;
"""

BOOKS = """
insert into user_credit_source (
    user_id, id, source, category, granted, remaining, paid_usd, effective_at, expires_at, priority, origin, created_at
)
select
    user_id, id, 'monthly_allocation', 'allowance', granted, granted - gone, 19, effective_at,
    effective_at + interval '1 month', 10, 'test', '2026-08-01'
from granted;
insert into credit_deduction_ledger (
    user_id, seq, amount, balance_before, balance_after, reason, created_at, prev_created_at
)
select
    user_id, 1 + period, granted, sum(granted) over chain - granted, sum(granted) over chain, 'allocation',
    '2026-08-01', case period when 1 then timestamptz '2026-08-01' end
from granted
window chain as (partition by user_id order by period);
insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
select user_id, 1 + period, id, granted, granted, 0, 1 from granted;
create temporary table paid as
select
    charged.user_id, request_id, seq, deducted, started_at, id,
    granted.granted - least(granted.granted, through) as remaining_after,
    realised_through(19, granted.granted, least(granted.granted, through))
        - realised_through(19, granted.granted, through - due) as realised
from charged join granted using (user_id, period)
where deducted > 0;
insert into credit_deduction_ledger (
    user_id, seq, amount, balance_before, balance_after, reason, request_id, realised_revenue_usd, created_at,
    prev_created_at
)
select
    user_id, seq, -deducted, opening - sum(deducted) over chain + deducted, opening - sum(deducted) over chain, 'usage',
    request_id, realised, started_at, lag(started_at, 1, '2026-08-01') over chain
from paid join (select user_id, sum(granted) as opening from granted group by user_id) as opened using (user_id)
window chain as (partition by user_id order by seq);
insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
select user_id, seq, id, -deducted, remaining_after, realised, 1 from paid;
insert into token_usage_ledger (
    user_id, request_id, provider_id, model_id, service, request_type, status, key_mode, user_tier_at_request,
    input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, cost_status, price_id, vendor_cost,
    pricing_config_id, multiplier_scope, margin_multiplier, credit_value_usd, unit_usd, increment, credits_due,
    credits_deducted, credits_uncovered, rounding_gain_usd, realised_revenue_usd, deduction_seq, body_sha256,
    request_started_at, request_completed_at, processing_time_ms, created_at, accounted_at
)
select
    user_id, request_id, provider_id, model_id, 'chat', 'completion', status, key_mode, tier,
    input_tokens, 0, 0, output_tokens,
    case when key_mode = 'own' or status = 'failed' then 'none' else 'computed' end,
    case when is_charged then price_id end,
    cost,
    case when is_charged then config_id end,
    case when is_charged then 'tier' else 'none' end,
    multiplier, cost * multiplier, 0.001, 1, due,
    charged.deducted, due - charged.deducted, due * 0.001 - cost * multiplier, coalesce(realised, 0), charged.seq,
    sha256(request_id::text::bytea), charged.started_at, charged.started_at, 0, charged.started_at, charged.started_at
from charged left join paid using (user_id, request_id)
order by charged.started_at;
insert into user_credit_balance (user_id, amount, last_seq, last_created_at, last_deduction_at, last_deduction_amount)
select distinct on (user_id) user_id, balance_after, seq, created_at, created_at, -amount
from credit_deduction_ledger order by user_id, seq desc;
select rebuild_usage();
"""


def fill(scratch: Scratch, *, requests: int = REQUESTS, customers: int = CUSTOMERS) -> None:
    """Put a month of requests into empty books."""
    numbers = {"requests": requests, "customers": customers, "start": START.isoformat()}
    with scratch.owner() as owner:
        superuser = owner.info.get_parameters() | {"user": SUPERUSER}
        _run(superuser, numbers)
        owner.execute("analyze")


def _run(superuser: dict[str, Any], numbers: dict[str, object]) -> None:
    with psycopg.connect(**superuser) as connection:
        connection.execute(f"set session_replication_role = replica; set work_mem = '256MB'; set role {OWNER}".encode())
        for statements in (SHAPES, REQUEST, CHARGED, BOOKS):
            connection.execute(statements.format(**numbers).encode())
