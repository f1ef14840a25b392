-- The billing periods of a plan billed here follow each other without gap or overlap, from its start, or from where it
-- was taken over; the last one is the current one.
with

ordered as (
    select
        user_id,
        subscription_id,
        period_start,
        period_end,
        lag(period_end) over history as previous_end,
        lead(period_start) over history as next_start
    from subscription_period
    window history as (partition by user_id, subscription_id order by period_start)
)

select
    'subscription ' || subscription_id as object,
    format('a period begins at %s, the one before it ended at %s', period_start, previous_end) as detail
from ordered
where previous_end <> period_start
union all
select
    'subscription ' || plan.id as object,
    format(
        'its current period is %s to %s, the last one written %s to %s',
        plan.current_period_start, plan.current_period_end, last.period_start, last.period_end
    ) as detail
from subscription_monetization as plan
left join ordered as last
    on last.user_id = plan.user_id and last.subscription_id = plan.id and last.next_start is null
where plan.is_billed_here
    and (plan.current_period_start, plan.current_period_end) is distinct from (last.period_start, last.period_end);
