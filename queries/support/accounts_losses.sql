-- Customers of the newest requests that their credits did not cover in full, from a place in that order on.
-- Only the newest 5,000 such requests are looked at, so that a flood of them costs no more than a trickle.
with

newest as materialized (
    select user_id, accounted_at
    from token_usage_ledger
    where credits_uncovered > 0
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
