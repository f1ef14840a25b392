-- Everything the Overview adds up, per day and tier, over the period and the one before it.
-- Days without usage are filled in by the caller.
select
    day,
    tier,
    sum(requests)::bigint as requests,
    sum(priced_requests)::bigint as priced_requests,
    sum(unpriced_requests)::bigint as unpriced_requests,
    sum(vendor_cost_usd) as vendor_cost_usd,
    sum(credit_value_usd) as credit_value_usd,
    sum(credits_due) as credits_due,
    sum(credits_deducted) as credits_deducted,
    sum(credits_uncovered) as credits_uncovered,
    sum(credits_reversed) as credits_reversed,
    sum(list_revenue_usd) - sum(list_reversed_usd) as list_revenue_usd,
    sum(realised_revenue_usd) - sum(realised_reversed_usd) as realised_revenue_usd,
    coalesce(sum(requests) filter (where status = 'success'), 0)::bigint as succeeded,
    coalesce(sum(requests) filter (where status = 'cancelled'), 0)::bigint as cancelled,
    coalesce(sum(requests) filter (where status in ('failed', 'rate_limited')), 0)::bigint as failed,
    coalesce(sum(requests) filter (where key_mode = 'own'), 0)::bigint as own_key
from usage_daily
where day >= cast(:before_start as date)
    and day < cast(:end as date)
group by day, tier
order by day, tier;
