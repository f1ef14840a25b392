-- What each tier used of each model on our own keys, and what that cost and brought.
select
    providers.name as provider,
    usage.model_id as model,
    tier.name as tier,
    tier.display_name,
    sum(usage.priced_requests + usage.unpriced_requests)::bigint as requests,
    sum(usage.input_tokens)::bigint as input_tokens,
    sum(usage.cached_input_tokens)::bigint as cached_tokens,
    sum(usage.cache_write_tokens)::bigint as written_tokens,
    sum(usage.output_tokens)::bigint as output_tokens,
    sum(usage.vendor_cost_usd) as vendor_cost_usd,
    sum(usage.list_revenue_usd) - sum(usage.list_reversed_usd) as list_revenue_usd
from usage_daily as usage
join providers on providers.id = usage.provider_id
join tier on tier.name = usage.tier
where usage.day >= cast(:start as date)
    and usage.day < cast(:end as date)
    and usage.key_mode = 'system'
    and usage.status in ('success', 'cancelled')
    and (cast(:provider as text) is null or providers.name = cast(:provider as text))
    and (cast(:model as text) is null or usage.model_id = cast(:model as text))
group by providers.name, usage.model_id, tier.name, tier.display_name, tier.position
order by providers.name, usage.model_id, tier.position;
