-- Usage rows of one customer with everything they are rated again from: the stored price, the policy and the
-- tier that held when the request started. One row with a request id, else every row in order of its id.
select
    usage.user_id as customer_id,
    usage.request_id,
    usage.external_id,
    users.name as customer,
    users.status as customer_status,
    usage.provider_id,
    providers.name as provider,
    providers.display_name as provider_title,
    usage.model_id as model,
    usage.service,
    usage.user_tier_at_request as tier,
    tier.display_name as tier_title,
    usage.request_type,
    usage.status,
    usage.key_mode,
    usage.cost_status,
    usage.request_started_at as started_at,
    usage.request_completed_at as completed_at,
    usage.processing_time_ms,
    usage.created_at as posted_at,
    usage.accounted_at,
    usage.input_tokens,
    usage.cached_input_tokens,
    usage.cache_write_tokens,
    usage.output_tokens,
    usage.price_id,
    usage.vendor_cost as vendor_cost_usd,
    usage.pricing_config_id as rule_id,
    usage.multiplier_scope as scope,
    usage.margin_multiplier as multiplier,
    usage.credit_value_usd as value_usd,
    usage.unit_usd,
    usage.increment,
    usage.credits_due,
    usage.credits_deducted,
    usage.credits_uncovered,
    usage.rounding_gain_usd,
    usage.realised_revenue_usd,
    usage.deduction_seq,
    entry.balance_before,
    entry.balance_after,
    policy.unit_usd as policy_unit_usd,
    policy.increment as policy_increment,
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
from token_usage_ledger as usage
join users on users.id = usage.user_id
join providers on providers.id = usage.provider_id
join tier on tier.name = usage.user_tier_at_request
left join model_provider_pricing as price on price.id = usage.price_id
left join credit_deduction_ledger as entry on entry.user_id = usage.user_id and entry.seq = usage.deduction_seq
left join lateral (
    select unit_usd, increment
    from credit_policy
    where effective_from <= usage.request_started_at
    order by effective_from desc
    limit 1
) as policy on true
where usage.user_id = cast(:customer_id as uuid)
    and (cast(:request_id as uuid) is null or usage.request_id = cast(:request_id as uuid))
order by usage.request_id;
