-- Who was active on a day, and on which tier, is who has requests on that day.
with

kept as (
    select day, tier, user_id, sum(requests) as requests
    from (
        select day, tier, user_id, requests
        from customer_activity_daily
        union all
        select day, tier, user_id, requests
        from usage_delta
        where requests > 0
    ) as folded_and_waiting
    group by day, tier, user_id
),

books as (
    select day, tier, user_id, sum(requests) as requests
    from ledger_delta
    where requests > 0
    group by day, tier, user_id
)

select
    format('customer %s on %s', user_id, day) as object,
    format('%s requests on %s, the books have %s', kept.requests, tier, books.requests) as detail
from kept
full join books using (day, tier, user_id)
where kept.requests is distinct from books.requests;
