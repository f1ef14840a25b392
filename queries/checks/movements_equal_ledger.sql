-- What moved the balances, folded and waiting, is what the postings say, by day, kind of grant and reason, and for
-- each customer: what is kept less what the books say leaves nothing.
with

books as (
    select
        user_id, day, category, reason, sum(postings)::bigint as postings, sum(credits_in) as credits_in,
        sum(credits_out) as credits_out, sum(paid_in_usd) as paid_in_usd, sum(realised_usd) as realised_usd
    from posting_movement
    group by user_id, day, category, reason
),

sides as (
    select null::uuid as user_id, day, category, reason, postings, credits_in, credits_out, paid_in_usd, realised_usd
    from credit_movement
    union all
    select null, day, category, reason, -postings, -credits_in, -credits_out, -paid_in_usd, -realised_usd
    from books
    union all
    select user_id, day, category, reason, postings, credits_in, credits_out, paid_in_usd, realised_usd
    from credit_movement_customer
    union all
    select user_id, day, category, reason, -postings, -credits_in, -credits_out, -paid_in_usd, -realised_usd
    from books
)

select
    case when user_id is null then format('day %s', day) else format('customer %s on %s', user_id, day) end as object,
    format(
        '%s of %s grants: kept less books is %s postings, %s credits in, %s out, %s USD paid, %s USD realised',
        reason, category, sum(postings), trim_scale(sum(credits_in)), trim_scale(sum(credits_out)),
        trim_scale(sum(paid_in_usd)), trim_scale(sum(realised_usd))
    ) as detail
from sides
group by user_id, day, category, reason
having (sum(postings), sum(credits_in), sum(credits_out), sum(paid_in_usd), sum(realised_usd))
    is distinct from (0, 0, 0, 0, 0);
