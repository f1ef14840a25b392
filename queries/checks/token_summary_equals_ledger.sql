-- The daily token summary of each customer is what the books add up to.
with

kept as (
    select
        user_id, summary_date,
        sum(total_requests) as requests, sum(successful_requests) as successful,
        sum(total_input_tokens) as input_tokens, sum(total_output_tokens) as output_tokens,
        sum(total_vendor_cost) as vendor_cost, sum(total_credits_deducted) as credits_deducted,
        sum(total_gross_margin) as gross_margin, sum(latency_ms_sum) as latency_ms_sum,
        sum(latency_count) as latency_count
    from (
        select
            user_id, summary_date, total_requests, successful_requests, total_input_tokens, total_output_tokens,
            total_vendor_cost, total_credits_deducted, total_gross_margin, latency_ms_sum, latency_count
        from token_usage_daily_summary
        union all
        select
            user_id, day, requests, case when status = 'success' then requests else 0 end,
            input_tokens + cached_input_tokens + cache_write_tokens, output_tokens,
            vendor_cost_usd, credits_deducted, list_revenue_usd - vendor_cost_usd, latency_ms_sum, latency_count
        from usage_delta
    ) as folded_and_waiting
    group by user_id, summary_date
),

books as (
    select
        user_id, day as summary_date,
        sum(requests) as requests, sum(case when status = 'success' then requests else 0 end) as successful,
        sum(input_tokens + cached_input_tokens + cache_write_tokens) as input_tokens, sum(output_tokens) as output_tokens,
        sum(vendor_cost_usd) as vendor_cost, sum(credits_deducted) as credits_deducted,
        sum(list_revenue_usd - vendor_cost_usd) as gross_margin, sum(latency_ms_sum) as latency_ms_sum,
        sum(latency_count) as latency_count
    from ledger_delta
    group by user_id, day
)

select
    format('customer %s on %s', user_id, summary_date) as object,
    format(
        '%s requests costing %s for %s credits, the books have %s costing %s for %s',
        kept.requests, trim_scale(kept.vendor_cost), trim_scale(kept.credits_deducted),
        books.requests, trim_scale(books.vendor_cost), trim_scale(books.credits_deducted)
    ) as detail
from kept
full join books using (user_id, summary_date)
where kept.* is distinct from books.*;
