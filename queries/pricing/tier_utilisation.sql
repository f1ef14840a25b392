-- How many subscribers of a tier used which share of their monthly credits in the days asked for:
-- band 0 is nothing at all, 1 to 10 are tenths of the allowance, 11 is more than all of it.
with

subscribers as (
    select user_id, sum(monthly_credit_allocation) as allowance
    from subscription_monetization
    where tier = cast(:tier as text)
        and started_at <= cast(:now as timestamptz)
        and (ended_at is null or ended_at > cast(:now as timestamptz))
        and monthly_credit_allocation > 0
    group by user_id
),

-- Folded and waiting, one row per customer and day or request.
used as (
    select user_id, total_deductions as credits
    from credit_usage_daily_summary
    where summary_date >= cast(:start as date) and summary_date < cast(:end as date)
    union all
    select user_id, credits_deducted
    from usage_delta
    where day >= cast(:start as date) and day < cast(:end as date)
),

shares as (
    select
        subscribers.user_id,
        subscribers.allowance,
        coalesce(sum(used.credits), 0) as credits
    from subscribers
    left join used on used.user_id = subscribers.user_id
    group by subscribers.user_id, subscribers.allowance
)

select
    case
        when credits <= 0 then 0
        when credits > allowance then 11
        else ceil(credits * 10 / allowance)::integer
    end as band,
    count(*) as subscribers,
    sum(credits) as credits_used,
    sum(allowance) as allowance_credits
from shares
group by 1
order by 1;
