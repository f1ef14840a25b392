-- Every amount of every request follows again from what is stored: cost from the price row and the
-- tokens, value from cost and multiplier, credits and rounding gain from value, unit and increment.
with

policies as (
    select
        unit_usd,
        increment,
        effective_from,
        lead(effective_from, 1, 'infinity'::timestamptz) over (order by effective_from) as effective_until
    from credit_policy
),

joined as (
    select
        usage.*,
        usage.key_mode = 'system' and usage.status in ('success', 'cancelled') as is_charged,
        usage.cost_status = 'computed' or (usage.cost_status = 'estimated' and usage.price_id is not null) as is_computed,
        price.id is not null
            and price.provider_id = usage.provider_id
            and price.model_name = usage.model_id
            and price.effective_from <= usage.request_started_at as price_fits,
        coalesce(
            usage.input_tokens + usage.cached_input_tokens + usage.cache_write_tokens > price.context_threshold_tokens,
            false
        ) as is_high,
        price.input_price_per_1k,
        price.output_price_per_1k,
        price.cache_hit_price_per_1k,
        price.cache_input_price_per_1k,
        price.input_price_per_1k_high_context,
        price.output_price_per_1k_high_context,
        price.cache_read_price_per_1k_high_context,
        price.cache_write_price_per_1k_high_context,
        scope.scope_type,
        config.margin_multiplier as config_multiplier,
        config.approval_status = 'approved'
            and config.effective_from <= usage.request_started_at
            and coalesce(scope.subscription_tier = usage.user_tier_at_request, true)
            and coalesce(scope.provider_id = usage.provider_id, true)
            and coalesce(scope.model_id = usage.model_id, true) as config_fits,
        policies.unit_usd as policy_unit_usd,
        policies.increment as policy_increment
    from token_usage_ledger as usage
    left join model_provider_pricing as price on price.id = usage.price_id
    left join pricing_configs as config on config.id = usage.pricing_config_id
    left join pricing_scope as scope on scope.id = config.scope_id
    left join policies
        on policies.effective_from <= usage.request_started_at and policies.effective_until > usage.request_started_at
),

expected as materialized (
    select
        *,
        case
            when is_computed and is_high then (
                input_tokens * input_price_per_1k_high_context
                + cached_input_tokens * coalesce(cache_read_price_per_1k_high_context, input_price_per_1k_high_context)
                + cache_write_tokens * coalesce(cache_write_price_per_1k_high_context, input_price_per_1k_high_context)
                + output_tokens * output_price_per_1k_high_context
            ) * 0.001
            when is_computed then (
                input_tokens * input_price_per_1k
                + cached_input_tokens * coalesce(cache_hit_price_per_1k, input_price_per_1k)
                + cache_write_tokens * coalesce(cache_input_price_per_1k, input_price_per_1k)
                + output_tokens * output_price_per_1k
            ) * 0.001
            when cost_status = 'none' then 0
            when cost_status = 'unpriced' then null
            else vendor_cost
        end as expected_cost,
        case when is_charged then coalesce(config_multiplier, 1.5) else 0 end as expected_multiplier,
        case when is_charged then coalesce(scope_type, 'default') else 'none' end as expected_scope
    from joined
),

credited as materialized (
    select
        *,
        expected_cost * expected_multiplier as expected_value,
        coalesce(
            credits_for(expected_cost * expected_multiplier, policy_unit_usd, policy_increment), 0
        ) as expected_credits
    from expected
)

select
    format('request %s/%s', user_id, request_id) as object,
    format(
        'cost %s → %s, multiplier %s %s → %s %s, value %s → %s, credits %s → %s, gain %s → %s (stored → recomputed)',
        trim_scale(vendor_cost), trim_scale(expected_cost), multiplier_scope, trim_scale(margin_multiplier),
        expected_scope, trim_scale(expected_multiplier), trim_scale(credit_value_usd), trim_scale(expected_value),
        trim_scale(credits_due), trim_scale(expected_credits), trim_scale(rounding_gain_usd),
        trim_scale(coalesce(expected_credits * policy_unit_usd - expected_value, 0))
    ) as detail
from credited
where (is_computed and price_fits is not true)
    or (pricing_config_id is not null and config_fits is not true)
    or vendor_cost is distinct from expected_cost
    or margin_multiplier <> expected_multiplier
    or multiplier_scope <> expected_scope
    or credit_value_usd is distinct from expected_value
    or gross_margin_usd is distinct from expected_value - expected_cost
    or unit_usd is distinct from policy_unit_usd
    or increment is distinct from policy_increment
    or credits_due <> expected_credits
    or rounding_gain_usd <> coalesce(expected_credits * policy_unit_usd - expected_value, 0);
