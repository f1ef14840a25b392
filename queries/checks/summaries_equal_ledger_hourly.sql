-- Folded summary and waiting deltas are the books, to the last digit, for every hour and dimension:
-- what is kept less what the books say leaves nothing.
with

sides as (
    select
        hour, provider_id, model_id, tier, request_type, key_mode, status,
        requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens,
        output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered,
        list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum,
        latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected,
        list_corrected_usd, realised_corrected_usd
    from usage_hourly
    union all
    select
        hour, provider_id, model_id, tier, request_type, key_mode, status,
        -requests, -priced_requests, -unpriced_requests, -input_tokens, -cached_input_tokens,
        -cache_write_tokens, -output_tokens, -vendor_cost_usd, -credit_value_usd, -credits_due,
        -credits_deducted, -credits_uncovered, -list_revenue_usd, -realised_revenue_usd, -rounding_gain_usd,
        -default_multiplier_requests, -latency_ms_sum, -latency_count, -credits_reversed, -list_reversed_usd,
        -realised_reversed_usd, -credits_corrected, -list_corrected_usd, -realised_corrected_usd
    from ledger_delta
)

select
    format('hour %s', hour) as object,
    format(
        '%s on %s: kept less books is %s requests, %s tokens, %s USD of cost, %s credits deducted, %s USD realised',
        model_id, tier, sum(requests), sum(input_tokens + cached_input_tokens + cache_write_tokens + output_tokens),
        trim_scale(sum(vendor_cost_usd)), trim_scale(sum(credits_deducted)), trim_scale(sum(realised_revenue_usd))
    ) as detail
from sides
group by hour, provider_id, model_id, tier, request_type, key_mode, status
having (
    sum(requests), sum(priced_requests), sum(unpriced_requests), sum(input_tokens), sum(cached_input_tokens),
    sum(cache_write_tokens), sum(output_tokens), sum(vendor_cost_usd), sum(credit_value_usd), sum(credits_due),
    sum(credits_deducted), sum(credits_uncovered), sum(list_revenue_usd), sum(realised_revenue_usd),
    sum(rounding_gain_usd), sum(default_multiplier_requests), sum(latency_ms_sum), sum(latency_count),
    sum(credits_reversed), sum(list_reversed_usd), sum(realised_reversed_usd), sum(credits_corrected),
    sum(list_corrected_usd), sum(realised_corrected_usd)
) is distinct from (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
