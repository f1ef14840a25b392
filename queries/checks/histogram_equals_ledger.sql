-- The histogram of costs counts every priced request once, in its bucket.
with

kept as (
    select day, provider_id, model_id, bucket, sum(requests) as requests, sum(vendor_cost_usd) as vendor_cost_usd
    from (
        select day, provider_id, model_id, bucket, requests, vendor_cost_usd
        from usage_cost_histogram
        union all
        select day, provider_id, model_id, cost_bucket, priced_requests, vendor_cost_usd
        from usage_delta
        where cost_bucket is not null
    ) as folded_and_waiting
    group by day, provider_id, model_id, bucket
),

-- Found by where the buckets start, not by a logarithm.
priced as (
    select
        day,
        provider_id,
        model_id,
        case
            when vendor_cost_usd <= 0 then 0
            else greatest(1, width_bucket(vendor_cost_usd, cost_bucket_starts()))
        end::smallint as bucket,
        priced_requests,
        vendor_cost_usd
    from ledger_delta
    where priced_requests > 0
),

books as (
    select day, provider_id, model_id, bucket, sum(priced_requests) as requests, sum(vendor_cost_usd) as vendor_cost_usd
    from priced
    group by day, provider_id, model_id, bucket
)

select
    format('day %s', coalesce(kept.day, books.day)) as object,
    format(
        '%s, bucket %s: %s requests costing %s; the books have %s costing %s',
        coalesce(kept.model_id, books.model_id), coalesce(kept.bucket, books.bucket),
        kept.requests, trim_scale(kept.vendor_cost_usd), books.requests, trim_scale(books.vendor_cost_usd)
    ) as detail
from kept
full join books using (day, provider_id, model_id, bucket)
where kept.* is distinct from books.*;
