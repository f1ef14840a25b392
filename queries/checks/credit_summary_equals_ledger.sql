-- The daily credit summary of each customer is what the books add up to.
with

kept as (
    select
        user_id, summary_date,
        sum(total_deductions) as deductions, sum(total_requests) as requests,
        sum(total_vendor_cost) as vendor_cost, sum(total_gross_margin) as gross_margin
    from (
        select user_id, summary_date, total_deductions, total_requests, total_vendor_cost, total_gross_margin
        from credit_usage_daily_summary
        union all
        select user_id, day, credits_deducted, requests, vendor_cost_usd, list_revenue_usd - vendor_cost_usd
        from usage_delta
    ) as folded_and_waiting
    group by user_id, summary_date
),

books as (
    select
        user_id, day as summary_date,
        sum(credits_deducted) as deductions, sum(requests) as requests,
        sum(vendor_cost_usd) as vendor_cost, sum(list_revenue_usd - vendor_cost_usd) as gross_margin
    from ledger_delta
    group by user_id, day
)

select
    format('customer %s on %s', user_id, summary_date) as object,
    format(
        '%s credits for %s requests, margin %s; the books have %s for %s, margin %s',
        trim_scale(kept.deductions), kept.requests, trim_scale(kept.gross_margin), trim_scale(books.deductions), books.requests, trim_scale(books.gross_margin)
    ) as detail
from kept
full join books using (user_id, summary_date)
where kept.* is distinct from books.*;
