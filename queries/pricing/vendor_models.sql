-- Every model there is a price of, or usage that waits for one: what the vendor charges now, when that last
-- changed, what is to come, how much usage waits, and what sources say otherwise.
with

prices as (
    select
        *,
        effective_from <= cast(:at as timestamptz)
            and (effective_until is null or effective_until > cast(:at as timestamptz)) as holds
    from model_provider_pricing
),

current_price as (
    select * from prices where holds
),

around as (
    select
        provider_id,
        model_name,
        min(effective_from) filter (where effective_from > cast(:at as timestamptz)) as next_from,
        max(effective_until) filter (where effective_until <= cast(:at as timestamptz)) as last_ended_at
    from prices
    group by provider_id, model_name
),

used as (
    select
        provider_id,
        model_id as model_name,
        sum(requests) filter (where day >= cast(:start as date) and day < cast(:end as date)) as requests,
        sum(vendor_cost_usd) filter (where day >= cast(:start as date) and day < cast(:end as date)) as vendor_cost_usd,
        sum(unpriced_requests) as waiting,
        min(day) filter (where unpriced_requests > 0) as waiting_since
    from usage_daily
    group by provider_id, model_id
),

said as (
    select
        provider_id,
        model_name,
        count(*) filter (where state = 'open') as differences,
        count(*) filter (where state = 'blocked') as blocked,
        min(first_seen_at) filter (where state = 'open' and change_class = 'act') as act_since
    from price_sync_line
    group by provider_id, model_name
)

select
    providers.name as provider,
    providers.display_name as provider_name,
    named.model_name as model,
    price.id as price_id,
    price.input_price_per_1k as input_usd,
    price.output_price_per_1k as output_usd,
    price.cache_hit_price_per_1k as cached_usd,
    price.cache_input_price_per_1k as written_usd,
    price.context_threshold_tokens as threshold_tokens,
    coalesce(price.is_free, false) as is_free,
    price.effective_from,
    price.effective_until,
    price.price_change_percent_input as change_percent_input,
    price.price_change_percent_output as change_percent_output,
    price.source,
    price.last_verified,
    price.verification_frequency_days as verify_every_days,
    around.next_from,
    around.last_ended_at,
    coalesce(used.requests, 0)::bigint as requests,
    coalesce(used.vendor_cost_usd, 0) as vendor_cost_usd,
    coalesce(used.waiting, 0)::bigint as waiting,
    used.waiting_since,
    coalesce(said.differences, 0) as differences,
    coalesce(said.blocked, 0) as blocked,
    said.act_since
from (
    select provider_id, model_name from around
    union
    select provider_id, model_name from used where waiting > 0
) as named
join providers on providers.id = named.provider_id
left join current_price as price on price.provider_id = named.provider_id and price.model_name = named.model_name
left join around on around.provider_id = named.provider_id and around.model_name = named.model_name
left join used on used.provider_id = named.provider_id and used.model_name = named.model_name
left join said on said.provider_id = named.provider_id and said.model_name = named.model_name
order by providers.name, named.model_name;
