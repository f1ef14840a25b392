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

-- What waits to be folded is little, so it is added up once for everybody.
waiting as (
    select user_id, sum(credits_deducted) as credits
    from usage_delta
    where day >= cast(:start as date) and day < cast(:end as date)
    group by user_id
),

-- By the key of each customer, however many days and customers the summary holds.
shares as (
    select
        subscribers.allowance,
        coalesce(folded.credits, 0) + coalesce(waiting.credits, 0) as credits
    from subscribers
    cross join lateral (
        select sum(total_deductions) as credits
        from credit_usage_daily_summary
        where credit_usage_daily_summary.user_id = subscribers.user_id
            and summary_date >= cast(:start as date)
            and summary_date < cast(:end as date)
    ) as folded
    left join waiting on waiting.user_id = subscribers.user_id
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
