-- Customers with at least one request, by tier, in the period and in the one before.
-- The row without a tier counts each customer once, whatever tiers they were on.
with

active as (
    select day >= cast(:start as date) as is_now, tier, user_id
    from customer_activity_daily
    where day >= cast(:before_start as date)
        and day < cast(:end as date)
        and requests > 0
    union all
    select day >= cast(:start as date), tier, user_id
    from usage_delta
    where day >= cast(:before_start as date)
        and day < cast(:end as date)
        and requests > 0
),

by_tier as (
    select is_now, tier, user_id
    from active
    group by is_now, tier, user_id
),

once as (
    select is_now, user_id
    from by_tier
    group by is_now, user_id
)

select is_now, tier, count(*) as customers
from by_tier
group by is_now, tier
union all
select is_now, null, count(*)
from once
group by is_now;
