-- What was charged at one version of a price in its first days: sums of the requests it decided.
select
    count(*) as requests,
    count(*) filter (where vendor_cost is not null) as priced_requests,
    count(*) filter (where vendor_cost is null) as unpriced_requests,
    coalesce(sum(vendor_cost), 0) as vendor_cost_usd,
    coalesce(sum(credit_value_usd), 0) as credit_value_usd,
    coalesce(sum(credits_due), 0) as credits_due,
    coalesce(sum(credits_deducted), 0) as credits_deducted,
    coalesce(sum(credits_uncovered), 0) as credits_uncovered,
    0::numeric as credits_reversed,
    coalesce(sum(credits_deducted * unit_usd), 0) as list_revenue_usd,
    coalesce(sum(realised_revenue_usd), 0) as realised_revenue_usd
from token_usage_ledger
where pricing_config_id = cast(:config_id as uuid)
    and accounted_at >= cast(:start as timestamptz)
    and request_started_at >= cast(:start as timestamptz)
    and request_started_at < cast(:end as timestamptz);
