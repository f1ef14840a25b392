-- Accounts that pay when a period ends, and that paid when it started: a subscription with a price,
-- begun, not ended and past its trial at that instant. Each account counts once.
select
    count(distinct user_id) filter (
        where started_at < ends.now_at and (ended_at is null or ended_at >= ends.now_at)
            and (trial_ends_at is null or trial_ends_at < ends.now_at)
    ) as now_accounts,
    count(distinct user_id) filter (
        where started_at < ends.before_at and (ended_at is null or ended_at >= ends.before_at)
            and (trial_ends_at is null or trial_ends_at < ends.before_at)
    ) as before_accounts
from subscription_monetization
cross join (
    select
        cast(:end as date)::timestamp at time zone 'UTC' as now_at,
        cast(:start as date)::timestamp at time zone 'UTC' as before_at
) as ends
where base_price_usd > 0;
