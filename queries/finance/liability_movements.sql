-- What moved the balances: before the period (bucket is null) and in each bucket of it, by kind of grant and reason.
with

placed as (
    select
        case when day >= cast(:start as date) then cast(date_trunc(cast(:per as text), day) as date) end as bucket,
        category,
        reason,
        postings,
        credits_in,
        credits_out,
        paid_in_usd,
        realised_usd
    from credit_movement
    where day < cast(:end as date)
)

select
    bucket,
    category,
    reason,
    sum(postings)::bigint as postings,
    sum(credits_in) as credits_in,
    sum(credits_out) as credits_out,
    sum(paid_in_usd) as paid_in_usd,
    sum(realised_usd) as realised_usd
from placed
group by bucket, category, reason
order by bucket nulls first, category, reason;
