-- Customers by their newest request, newest first, from a place in that order on. Only the newest 5,000 requests
-- are looked at, by their index alone, so that this costs the same with a thousand customers and with a million.
with

newest as materialized (
    select accounted_at, user_id
    from token_usage_ledger
    order by accounted_at desc
    limit 5000
)

select user_id as customer_id, max(accounted_at)::text as place
from newest
group by user_id
having cast(:place as timestamptz) is null
    or (max(accounted_at), user_id) < (cast(:place as timestamptz), cast(:customer_id as uuid))
order by max(accounted_at) desc, user_id desc
limit :most;
