-- The allowance periods of a plan never overlap, and each was granted once, as much as is written and until its end.
with

ordered as (
    select
        allocation.user_id,
        allocation.subscription_id,
        allocation.allocation_period_start,
        allocation.amount,
        allocation.expires_at,
        allocation.source_id,
        lag(allocation.allocation_period_end) over (
            partition by allocation.user_id, allocation.subscription_id order by allocation.allocation_period_start
        ) as previous_end
    from credit_allocation as allocation
)

select
    format('subscription %s, period of %s', ordered.subscription_id, ordered.allocation_period_start) as object,
    format(
        'the period before ended at %s; written is %s until %s, granted %s until %s',
        ordered.previous_end, ordered.amount, ordered.expires_at, source.granted, source.expires_at
    ) as detail
from ordered
left join user_credit_source as source on source.user_id = ordered.user_id and source.id = ordered.source_id
where ordered.previous_end > ordered.allocation_period_start
    or (source.granted, source.expires_at) is distinct from (ordered.amount, ordered.expires_at);
