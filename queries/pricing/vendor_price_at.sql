-- What a vendor charged for a model at one instant, USD per 1,000 tokens; no row where nobody knows.
select
    price.id,
    price.effective_from,
    price.source,
    price.input_price_per_1k as input_usd,
    price.output_price_per_1k as output_usd,
    price.cache_hit_price_per_1k as cached_usd,
    price.cache_input_price_per_1k as written_usd,
    price.context_threshold_tokens as threshold_tokens,
    price.input_price_per_1k_high_context as high_input_usd,
    price.output_price_per_1k_high_context as high_output_usd,
    price.cache_read_price_per_1k_high_context as high_cached_usd,
    price.cache_write_price_per_1k_high_context as high_written_usd
from (
    select
        id, effective_from, effective_until, source, input_price_per_1k, output_price_per_1k, cache_hit_price_per_1k,
        cache_input_price_per_1k, context_threshold_tokens, input_price_per_1k_high_context,
        output_price_per_1k_high_context, cache_read_price_per_1k_high_context, cache_write_price_per_1k_high_context
    from model_provider_pricing
    where provider_id = :provider_id
        and model_name = :model
        and effective_from <= cast(:at as timestamptz)
    order by effective_from desc
    limit 1
) as price
where price.effective_until is null or price.effective_until > cast(:at as timestamptz);
