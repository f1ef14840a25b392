-- A request and its corrections together follow from the price of the last one: cost from its rates and
-- the tokens, value from cost and multiplier, credits and rounding gain from value, unit and increment.
-- What was paid stays paid, so credits due are never less than that.
with

so_far as (
    select
        correction.user_id,
        correction.request_id,
        coalesce(usage.vendor_cost, 0) + sum(correction.vendor_cost) as vendor_cost,
        coalesce(usage.credit_value_usd, 0) + sum(correction.credit_value_usd) as credit_value_usd,
        usage.credits_due + sum(correction.credits_due) as credits_due,
        usage.credits_deducted + sum(correction.credits_deducted) as credits_deducted,
        usage.credits_uncovered + sum(correction.credits_uncovered) as credits_uncovered,
        usage.rounding_gain_usd + sum(correction.rounding_gain_usd) as rounding_gain_usd,
        count(*) filter (where correction.prices_request) as times_priced,
        count(*) as corrections,
        max(correction.n) as last_n
    from usage_correction as correction
    join token_usage_ledger as usage using (user_id, request_id)
    group by
        correction.user_id, correction.request_id, usage.vendor_cost, usage.credit_value_usd, usage.credits_due,
        usage.credits_deducted, usage.credits_uncovered, usage.rounding_gain_usd
),

expected as (
    select
        so_far.*,
        usage.cost_status,
        usage.margin_multiplier,
        usage.unit_usd,
        usage.increment,
        price.provider_id = usage.provider_id
            and price.model_name = usage.model_id
            and price.effective_from <= usage.request_started_at as price_fits,
        case when usage.input_tokens + usage.cached_input_tokens + usage.cache_write_tokens
                > price.context_threshold_tokens
            then usage.input_tokens * price.input_price_per_1k_high_context
                + usage.cached_input_tokens
                    * coalesce(price.cache_read_price_per_1k_high_context, price.input_price_per_1k_high_context)
                + usage.cache_write_tokens
                    * coalesce(price.cache_write_price_per_1k_high_context, price.input_price_per_1k_high_context)
                + usage.output_tokens * price.output_price_per_1k_high_context
            else usage.input_tokens * price.input_price_per_1k
                + usage.cached_input_tokens * coalesce(price.cache_hit_price_per_1k, price.input_price_per_1k)
                + usage.cache_write_tokens * coalesce(price.cache_input_price_per_1k, price.input_price_per_1k)
                + usage.output_tokens * price.output_price_per_1k
        end * 0.001 as expected_cost
    from so_far
    join token_usage_ledger as usage using (user_id, request_id)
    join usage_correction as latest
        on latest.user_id = so_far.user_id and latest.request_id = so_far.request_id and latest.n = so_far.last_n
    left join model_provider_pricing as price on price.id = latest.price_id
)

select
    format('request %s/%s', user_id, request_id) as object,
    format(
        'with %s corrections: cost %s → %s, value %s → %s, due %s, deducted %s, uncovered %s, gain %s (stored → recomputed)',
        corrections, trim_scale(vendor_cost), trim_scale(expected_cost), trim_scale(credit_value_usd),
        trim_scale(expected_cost * margin_multiplier), trim_scale(credits_due), trim_scale(credits_deducted),
        trim_scale(credits_uncovered), trim_scale(rounding_gain_usd)
    ) as detail
from expected
where price_fits is not true
    or last_n <> corrections
    or times_priced <> (cost_status = 'unpriced')::int
    or vendor_cost is distinct from expected_cost
    or credit_value_usd is distinct from expected_cost * margin_multiplier
    or credits_due is distinct from
        greatest(credits_for(expected_cost * margin_multiplier, unit_usd, increment), credits_deducted)
    or credits_uncovered is distinct from credits_due - credits_deducted
    or rounding_gain_usd is distinct from credits_due * unit_usd - credit_value_usd;
