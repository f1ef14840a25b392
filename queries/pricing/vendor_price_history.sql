-- Every price of one model, the newest first, with the usage of the days it held; the day of a change counts
-- for the new price.
select
    price.id,
    price.input_price_per_1k as input_usd,
    price.output_price_per_1k as output_usd,
    price.cache_hit_price_per_1k as cached_usd,
    price.cache_input_price_per_1k as written_usd,
    price.context_threshold_tokens as threshold_tokens,
    price.input_price_per_1k_high_context as high_input_usd,
    price.output_price_per_1k_high_context as high_output_usd,
    price.cache_read_price_per_1k_high_context as high_cached_usd,
    price.cache_write_price_per_1k_high_context as high_written_usd,
    price.is_free,
    price.effective_from,
    price.effective_until,
    price.price_change_percent_input as change_percent_input,
    price.price_change_percent_output as change_percent_output,
    price.detected_at,
    price.source,
    price.last_verified,
    price.verification_frequency_days as verify_every_days,
    operator.name as set_by,
    coalesce(used.requests, 0)::bigint as requests,
    coalesce(used.vendor_cost_usd, 0) as vendor_cost_usd
from model_provider_pricing as price
join providers on providers.id = price.provider_id
left join operator on operator.id = price.created_by
left join lateral (
    select sum(usage.priced_requests) as requests, sum(usage.vendor_cost_usd) as vendor_cost_usd
    from usage_daily as usage
    where usage.provider_id = price.provider_id
        and usage.model_id = price.model_name
        and usage.key_mode = 'system'
        and usage.day >= (price.effective_from at time zone 'UTC')::date
        and (price.effective_until is null or usage.day < (price.effective_until at time zone 'UTC')::date)
) as used on true
where providers.name = cast(:provider as text)
    and price.model_name = cast(:model as text)
order by price.effective_from desc;
