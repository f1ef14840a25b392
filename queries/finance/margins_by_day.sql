-- Margin day by day; days without usage are filled in by the caller.
select
    day,
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
    sum(realised_revenue_usd) - sum(realised_reversed_usd) as realised_revenue_usd
from usage_daily
where day >= cast(:start as date)
    and day < cast(:end as date)
group by day
order by day;
