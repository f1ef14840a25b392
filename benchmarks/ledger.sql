-- A ledger of so many requests over the books of charge_one: chains, postings, amounts and balances as
-- charging would have written them. Every customer's requests are spread over the last sixty days, and the
-- rows lie in the order in which they came. Summaries are left to a rebuild.

create unlogged table prepared_rating as
select
    event.provider_id,
    event.model_id,
    class.number as class,
    rated.tier,
    rated.price_id,
    rated.pricing_config_id,
    rated.multiplier_scope,
    rated.margin_multiplier,
    rated.unit_usd,
    rated.increment
-- The four customers with the lowest numbers have the four tiers.
from generate_series(1, 4) as class (number)
cross join lateral (
    select array_agg(cast(row(
        place, cast('00000000-0000-4000-8000-' || lpad(to_hex(class.number), 12, '0') as uuid), gen_random_uuid(), null,
        provider_id, id, 'chat', 'completion', 'success', 'system', 1, 0, 0, 1, null, false, null, null, null,
        now() - interval '1 hour', null
    ) as charge_event)) as events
    from (select models.*, row_number() over (order by provider_id, id) as place from models) as numbered
) as asked
cross join lateral unnest(asked.events) as event
join lateral rate_usage(asked.events) as rated on rated.position = event.position;

create unlogged table prepared_source as
select distinct on (user_id) user_id, id, granted, paid_usd, total, posted
from user_credit_source
join (select user_id, amount as total, last_created_at as posted from user_credit_balance) as balance using (user_id)
order by user_id, id;

analyze prepared_rating, prepared_source;

create unlogged table prepared as
with

drawn as materialized (
    select
        number,
        1 + floor(random() * %(customers)s)::bigint as customer,
        1 + floor(random() * (select count(*) from models))::bigint as place,
        100 + floor(random() * 3900)::bigint as input_tokens,
        10 + floor(random() * 990)::bigint as output_tokens
    from generate_series(1, %(rows)s) as number
),

offered as (
    select *, row_number() over (partition by class order by provider_id, model_id) as place
    from prepared_rating
),

rated as materialized (
    select
        drawn.number,
        cast('00000000-0000-4000-8000-' || lpad(to_hex(drawn.customer), 12, '0') as uuid) as user_id,
        gen_random_uuid() as request_id,
        drawn.input_tokens,
        drawn.output_tokens,
        offered.*,
        (drawn.input_tokens * price.input_price_per_1k + drawn.output_tokens * price.output_price_per_1k) * 0.001 as cost
    from drawn
    join offered on offered.place = drawn.place and offered.class = 1 + (drawn.customer - 1) %% 4
    join model_provider_pricing as price on price.id = offered.price_id
),

due as materialized (
    select *, cost * margin_multiplier as value, credits_for(cost * margin_multiplier, unit_usd, increment) as due
    from rated
),

chained as (
    select
        due.*,
        2 + row_number() over chain as seq,
        sum(due.due) over chain as gone
    from due
    window chain as (partition by user_id order by number)
),

realised as (
    select
        chained.*,
        prepared_source.id as source_id,
        prepared_source.granted,
        prepared_source.total,
        posted + make_interval(secs => number / 1e6) as created_at,
        posted - interval '59 days' + interval '58 days' * (cast(number as float8) / %(rows)s) as started,
        posted,
        realised_through(paid_usd, granted, gone) as realised
    from chained
    join prepared_source using (user_id)
)

select
    realised.*,
    realised - coalesce(lag(realised) over chain, 0) as gain,
    coalesce(lag(created_at) over chain, posted) as previous
from realised
window chain as (partition by user_id order by number);

create unlogged table prepared_in_order as
select * from prepared order by number;

insert into credit_deduction_ledger (
    user_id, seq, amount, balance_before, balance_after, reason, request_id, realised_revenue_usd,
    created_at, prev_created_at
)
select
    user_id, seq, -due, total - gone + due, total - gone, 'usage', request_id, gain, created_at, previous
from prepared_in_order;

insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
select user_id, seq, source_id, -due, granted - gone, gain, 1
from prepared_in_order;

insert into token_usage_ledger (
    user_id, request_id, provider_id, model_id, service, request_type, status, key_mode, user_tier_at_request,
    input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, cost_status, price_id, vendor_cost,
    pricing_config_id, multiplier_scope, margin_multiplier, credit_value_usd, unit_usd, increment, credits_due,
    credits_deducted, credits_uncovered, rounding_gain_usd, realised_revenue_usd, deduction_seq, body_sha256,
    request_started_at, created_at, accounted_at
)
select
    user_id, request_id, provider_id, model_id, 'chat', 'completion', 'success', 'system', tier,
    input_tokens, 0, 0, output_tokens, 'computed', price_id, cost, pricing_config_id, multiplier_scope,
    margin_multiplier, value, unit_usd, increment, due, due, 0, due * unit_usd - value, gain, seq,
    sha256(uuid_send(request_id)), started, created_at, started
from prepared_in_order;

update user_credit_source as source
set remaining = source.granted - heads.gone
from (select user_id, max(gone) as gone from prepared group by user_id) as heads
join prepared_source as drawn using (user_id)
where source.user_id = heads.user_id and source.id = drawn.id;

update user_credit_balance as balance
set amount = head.after,
    last_seq = head.seq,
    last_created_at = head.created_at,
    last_deduction_at = head.created_at,
    last_deduction_amount = head.due
from (
    select distinct on (user_id) user_id, seq, total - gone as after, created_at, due
    from prepared
    order by user_id, seq desc
) as head
where balance.user_id = head.user_id;

insert into subscription_monetization (
    user_id, tier, billing_cycle, status, base_price_usd, monthly_credit_allocation, reset_day_of_month, started_at,
    current_period_start, current_period_end
)
select
    user_id, tier, 'monthly', 'active', 0, 1000, 1, effective_at, now() - interval '10 days', now() + interval '20 days'
from subscription_tier_change;

insert into credit_allocation (
    user_id, subscription_id, allocation_period_start, allocation_period_end, amount, source, source_id
)
select
    user_id, plan.id, source.start, source.start + interval '30 days', source.granted, 'subscription', source.id
from subscription_monetization as plan
join (
    select
        *,
        now() - interval '10 days' - interval '30 days' * row_number() over (partition by user_id order by id) as start
    from user_credit_source
) as source using (user_id);

drop table prepared_in_order, prepared, prepared_source, prepared_rating
