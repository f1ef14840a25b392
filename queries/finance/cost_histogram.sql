-- How many priced requests of each model fell into each of 256 logarithmic buckets of cost,
-- in a period and in the one before it: what is folded and what still waits.
with

entries as (
    select day >= cast(:start as date) as is_now, provider_id, model_id, bucket, requests, vendor_cost_usd
    from usage_cost_histogram
    where day >= cast(:before_start as date)
        and day < cast(:end as date)
    union all
    select day >= cast(:start as date), provider_id, model_id, cost_bucket, priced_requests, vendor_cost_usd
    from usage_delta
    where cost_bucket is not null
        and day >= cast(:before_start as date)
        and day < cast(:end as date)
),

grouped as (
    select provider_id, model_id, is_now, bucket, sum(requests)::bigint as requests, sum(vendor_cost_usd) as vendor_cost_usd
    from entries
    where (cast(:providers as text[]) is null or provider_id in (select id from providers where name = any(cast(:providers as text[]))))
        and (cast(:models as text[]) is null or model_id = any(cast(:models as text[])))
    group by provider_id, model_id, is_now, bucket
)

select
    providers.name as provider,
    grouped.model_id as model,
    grouped.is_now,
    grouped.bucket,
    grouped.requests,
    grouped.vendor_cost_usd
from grouped
join providers on providers.id = grouped.provider_id
order by grouped.bucket;
