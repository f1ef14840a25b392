-- What was corrected of the requests of one customer, in order, with the price each correction went by.
select
    correction.request_id,
    correction.n,
    correction.created_at,
    correction.reason,
    operator.name as operator,
    correction.deduction_seq,
    correction.prices_request,
    correction.vendor_cost as vendor_cost_usd,
    correction.credit_value_usd as value_usd,
    correction.credits_due,
    correction.credits_deducted,
    correction.credits_uncovered,
    correction.rounding_gain_usd,
    correction.realised_revenue_usd,
    correction.price_id,
    price.effective_from as price_from,
    price.source as price_source,
    price.input_price_per_1k as input_usd,
    price.output_price_per_1k as output_usd,
    price.cache_hit_price_per_1k as cached_usd,
    price.cache_input_price_per_1k as written_usd,
    price.context_threshold_tokens as threshold_tokens,
    price.input_price_per_1k_high_context as high_input_usd,
    price.output_price_per_1k_high_context as high_output_usd,
    price.cache_read_price_per_1k_high_context as high_cached_usd,
    price.cache_write_price_per_1k_high_context as high_written_usd
from usage_correction as correction
left join model_provider_pricing as price on price.id = correction.price_id
left join operator on operator.id = correction.operator_id
where correction.user_id = cast(:customer_id as uuid)
    and (cast(:request_id as uuid) is null or correction.request_id = cast(:request_id as uuid))
order by correction.request_id, correction.n;
