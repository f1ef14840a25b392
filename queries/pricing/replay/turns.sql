-- Every customer with requests since the window's start, and each moment within it at which the
-- grants that may pay change: those between which a balance is simulated.
with

active as (
    select user_id from customer_activity_daily where day >= (cast(:start as timestamptz) at time zone 'UTC')::date
    union
    select user_id from usage_delta
)

select
    active.user_id,
    array_agg(distinct moment.at order by moment.at) filter (where moment.at is not null) as turns
from active
left join user_credit_source as source on source.user_id = active.user_id
left join lateral (values (source.effective_at), (source.expires_at)) as moment (at)
    on moment.at > cast(:start as timestamptz) and moment.at < cast(:end as timestamptz)
group by active.user_id
order by active.user_id;
