-- What pages read. Charging appends one delta per ledger row in its own
-- transaction; folding moves deltas into the summaries with one statement that
-- deletes what it adds. Sums are unconstrained numeric: they must not overflow.

create table usage_delta (
    id bigint generated always as identity primary key,
    user_id uuid not null,
    request_id uuid not null,
    day date not null,
    hour timestamptz not null,
    provider_id uuid not null,
    model_id text not null,
    tier text not null,
    request_type text not null,
    key_mode text not null,
    status text not null,
    cost_bucket smallint,
    dearest_cost_usd numeric,
    requests bigint not null,
    priced_requests bigint not null,
    unpriced_requests bigint not null,
    input_tokens numeric not null,
    cached_input_tokens numeric not null,
    cache_write_tokens numeric not null,
    output_tokens numeric not null,
    vendor_cost_usd numeric not null,
    credit_value_usd numeric not null,
    credits_due numeric not null,
    credits_deducted numeric not null,
    credits_uncovered numeric not null,
    list_revenue_usd numeric not null,
    realised_revenue_usd numeric not null,
    rounding_gain_usd numeric not null,
    default_multiplier_requests bigint not null,
    latency_ms_sum numeric not null,
    latency_count bigint not null,
    credits_reversed numeric not null,
    list_reversed_usd numeric not null,
    realised_reversed_usd numeric not null,
    credits_corrected numeric not null,
    list_corrected_usd numeric not null,
    realised_corrected_usd numeric not null
);

-- Emptied again and again: left to the defaults it would be mostly dead pages.
alter table usage_delta set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);

create table usage_daily_summary (
    day date not null,
    provider_id uuid not null,
    model_id text not null,
    tier text not null,
    request_type text not null,
    key_mode text not null,
    status text not null,
    requests bigint not null,
    priced_requests bigint not null,
    unpriced_requests bigint not null,
    input_tokens numeric not null,
    cached_input_tokens numeric not null,
    cache_write_tokens numeric not null,
    output_tokens numeric not null,
    vendor_cost_usd numeric not null,
    credit_value_usd numeric not null,
    credits_due numeric not null,
    credits_deducted numeric not null,
    credits_uncovered numeric not null,
    list_revenue_usd numeric not null,
    realised_revenue_usd numeric not null,
    rounding_gain_usd numeric not null,
    default_multiplier_requests bigint not null,
    latency_ms_sum numeric not null,
    latency_count bigint not null,
    credits_reversed numeric not null,
    list_reversed_usd numeric not null,
    realised_reversed_usd numeric not null,
    credits_corrected numeric not null,
    list_corrected_usd numeric not null,
    realised_corrected_usd numeric not null,
    primary key (day, provider_id, model_id, tier, request_type, key_mode, status)
);

create table usage_hourly_summary (
    hour timestamptz not null,
    provider_id uuid not null,
    model_id text not null,
    tier text not null,
    request_type text not null,
    key_mode text not null,
    status text not null,
    requests bigint not null,
    priced_requests bigint not null,
    unpriced_requests bigint not null,
    input_tokens numeric not null,
    cached_input_tokens numeric not null,
    cache_write_tokens numeric not null,
    output_tokens numeric not null,
    vendor_cost_usd numeric not null,
    credit_value_usd numeric not null,
    credits_due numeric not null,
    credits_deducted numeric not null,
    credits_uncovered numeric not null,
    list_revenue_usd numeric not null,
    realised_revenue_usd numeric not null,
    rounding_gain_usd numeric not null,
    default_multiplier_requests bigint not null,
    latency_ms_sum numeric not null,
    latency_count bigint not null,
    credits_reversed numeric not null,
    list_reversed_usd numeric not null,
    realised_reversed_usd numeric not null,
    credits_corrected numeric not null,
    list_corrected_usd numeric not null,
    realised_corrected_usd numeric not null,
    primary key (hour, provider_id, model_id, tier, request_type, key_mode, status)
);

create table usage_customer_daily_summary (
    user_id uuid not null,
    day date not null,
    provider_id uuid not null,
    model_id text not null,
    tier text not null,
    request_type text not null,
    key_mode text not null,
    status text not null,
    requests bigint not null,
    priced_requests bigint not null,
    unpriced_requests bigint not null,
    input_tokens numeric not null,
    cached_input_tokens numeric not null,
    cache_write_tokens numeric not null,
    output_tokens numeric not null,
    vendor_cost_usd numeric not null,
    credit_value_usd numeric not null,
    credits_due numeric not null,
    credits_deducted numeric not null,
    credits_uncovered numeric not null,
    list_revenue_usd numeric not null,
    realised_revenue_usd numeric not null,
    rounding_gain_usd numeric not null,
    default_multiplier_requests bigint not null,
    latency_ms_sum numeric not null,
    latency_count bigint not null,
    credits_reversed numeric not null,
    list_reversed_usd numeric not null,
    realised_reversed_usd numeric not null,
    credits_corrected numeric not null,
    list_corrected_usd numeric not null,
    realised_corrected_usd numeric not null,
    primary key (user_id, day, provider_id, model_id, tier, request_type, key_mode, status)
);
create index usage_customer_daily_summary_day on usage_customer_daily_summary (day);

-- Who was active on a day, and on which tier: what active customers are counted from.
create table customer_activity_daily (
    day date not null,
    tier text not null,
    user_id uuid not null,
    requests bigint not null,
    primary key (day, tier, user_id)
);

-- 256 logarithmic buckets from $0.000001 to $100; bucket 0 is a cost of zero.
create table usage_cost_histogram (
    day date not null,
    provider_id uuid not null,
    model_id text not null,
    bucket smallint not null check (bucket between 0 and 255),
    requests bigint not null,
    vendor_cost_usd numeric not null,
    primary key (day, provider_id, model_id, bucket)
);

-- The hundred dearest requests of each day.
create table usage_dearest_request (
    day date not null,
    user_id uuid not null,
    request_id uuid not null,
    provider_id uuid not null,
    model_id text not null,
    vendor_cost_usd numeric not null,
    primary key (day, user_id, request_id)
);

create table token_usage_daily_summary (
    user_id uuid not null,
    summary_date date not null,
    total_requests bigint not null,
    successful_requests bigint not null,
    total_input_tokens numeric not null,
    total_output_tokens numeric not null,
    total_vendor_cost numeric not null,
    total_credits_deducted numeric not null,
    total_gross_margin numeric not null,
    latency_ms_sum numeric not null,
    latency_count bigint not null,
    primary key (user_id, summary_date)
);

create table credit_usage_daily_summary (
    user_id uuid not null,
    summary_date date not null,
    total_deductions numeric not null,
    total_requests bigint not null,
    total_vendor_cost numeric not null,
    total_gross_margin numeric not null,
    primary key (user_id, summary_date)
);

-- Averages and ratios are read here, so that nobody stores one.
create view token_usage_daily_average as
select
    user_id,
    summary_date,
    total_requests,
    case when latency_count > 0 then latency_ms_sum / latency_count end as avg_request_latency_ms,
    case when total_requests > 0 then 100.0 * successful_requests / total_requests end as success_rate
from token_usage_daily_summary;

-- Logarithmic bucket of a cost: 254 steps of one ratio between 1e-6 and 100 USD. A bucket is a
-- place on a scale and no amount, so it may be found in floating point: twenty times as fast.
create function cost_bucket(p_cost numeric) returns smallint
language sql immutable as $$
    select case
        when p_cost is null then null
        when p_cost <= 0 then 0
        else greatest(1, least(255, 1 + floor((log(p_cost::double precision) + 6) * 254 / 8)))
    end::smallint
$$;

-- What one usage row adds to the summaries: the only definition of it.
create view usage_row_delta as
select
    usage.user_id,
    usage.request_id,
    (usage.accounted_at at time zone 'UTC')::date as day,
    date_trunc('hour', usage.accounted_at, 'UTC') as hour,
    usage.provider_id,
    usage.model_id,
    usage.user_tier_at_request as tier,
    usage.request_type,
    usage.key_mode,
    usage.status,
    case when usage.cost_status in ('reported', 'computed', 'estimated') then cost_bucket(usage.vendor_cost) end as cost_bucket,
    case when usage.vendor_cost > 0 then usage.vendor_cost end as dearest_cost_usd,
    1::bigint as requests,
    (usage.cost_status in ('reported', 'computed', 'estimated'))::int::bigint as priced_requests,
    (usage.cost_status = 'unpriced')::int::bigint as unpriced_requests,
    usage.input_tokens::numeric as input_tokens,
    usage.cached_input_tokens::numeric as cached_input_tokens,
    usage.cache_write_tokens::numeric as cache_write_tokens,
    usage.output_tokens::numeric as output_tokens,
    coalesce(usage.vendor_cost, 0) as vendor_cost_usd,
    coalesce(usage.credit_value_usd, 0) as credit_value_usd,
    usage.credits_due,
    usage.credits_deducted,
    usage.credits_uncovered,
    usage.credits_deducted * usage.unit_usd as list_revenue_usd,
    usage.realised_revenue_usd,
    usage.rounding_gain_usd,
    (usage.multiplier_scope = 'default')::int::bigint as default_multiplier_requests,
    coalesce(usage.processing_time_ms, 0)::numeric as latency_ms_sum,
    (usage.processing_time_ms is not null)::int::bigint as latency_count,
    0::numeric as credits_reversed,
    0::numeric as list_reversed_usd,
    0::numeric as realised_reversed_usd,
    0::numeric as credits_corrected,
    0::numeric as list_corrected_usd,
    0::numeric as realised_corrected_usd
from token_usage_ledger as usage;

-- What all the books add up to: usage, its corrections and its reversals.
-- Every branch has the same types, so that a reader of few columns computes only those.
create view ledger_delta as
select * from usage_row_delta
union all
select
    correction.user_id,
    correction.request_id,
    (correction.accounted_at at time zone 'UTC')::date,
    date_trunc('hour', correction.accounted_at, 'UTC'),
    usage.provider_id,
    usage.model_id,
    usage.user_tier_at_request,
    usage.request_type,
    usage.key_mode,
    usage.status,
    case when correction.prices_request then cost_bucket(correction.vendor_cost) end,
    case when correction.prices_request and correction.vendor_cost > 0 then correction.vendor_cost end,
    0::bigint,
    correction.prices_request::int::bigint,
    -correction.prices_request::int::bigint,
    0::numeric, 0::numeric, 0::numeric, 0::numeric,
    correction.vendor_cost,
    correction.credit_value_usd,
    correction.credits_due,
    correction.credits_deducted,
    correction.credits_uncovered,
    correction.credits_deducted * usage.unit_usd,
    correction.realised_revenue_usd,
    correction.rounding_gain_usd,
    0::bigint,
    0::numeric,
    0::bigint,
    0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric
from usage_correction as correction
join token_usage_ledger as usage using (user_id, request_id)
union all
-- A reversal takes revenue back on the day it is posted (cash view) …
select
    entry.user_id,
    usage.request_id,
    (entry.created_at at time zone 'UTC')::date,
    date_trunc('hour', entry.created_at, 'UTC'),
    usage.provider_id,
    usage.model_id,
    usage.user_tier_at_request,
    usage.request_type,
    usage.key_mode,
    usage.status,
    null::smallint,
    null::numeric,
    0::bigint, 0::bigint, 0::bigint,
    0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric,
    0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric,
    0::bigint, 0::numeric, 0::bigint,
    entry.amount,
    entry.amount * usage.unit_usd,
    -entry.realised_revenue_usd,
    0::numeric, 0::numeric, 0::numeric
from credit_deduction_ledger as entry
join token_usage_ledger as usage
    on usage.user_id = entry.user_id and usage.deduction_seq = entry.reverses_seq
where entry.reason = 'reversal'
union all
-- … and stands beside the day of the request in the corrected view.
select
    entry.user_id,
    usage.request_id,
    (usage.accounted_at at time zone 'UTC')::date,
    date_trunc('hour', usage.accounted_at, 'UTC'),
    usage.provider_id,
    usage.model_id,
    usage.user_tier_at_request,
    usage.request_type,
    usage.key_mode,
    usage.status,
    null::smallint,
    null::numeric,
    0::bigint, 0::bigint, 0::bigint,
    0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric,
    0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric,
    0::bigint, 0::numeric, 0::bigint,
    0::numeric, 0::numeric, 0::numeric,
    entry.amount,
    entry.amount * usage.unit_usd,
    -entry.realised_revenue_usd
from credit_deduction_ledger as entry
join token_usage_ledger as usage
    on usage.user_id = entry.user_id and usage.deduction_seq = entry.reverses_seq
where entry.reason = 'reversal';
