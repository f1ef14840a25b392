-- Every plan that gives credits and was running at some time in [since, until).
-- A trial gives none; plans billed here are granted with their own clock. A grant is named after its tier as
-- customers know it.
select
    subscription.user_id,
    subscription.id as subscription_id,
    subscription.tier,
    coalesce(tier.display_name, subscription.tier) as tier_title,
    subscription.billing_cycle,
    subscription.base_price_usd as price_usd,
    subscription.monthly_credit_allocation as monthly_credits,
    subscription.reset_day_of_month as reset_day,
    subscription.started_at,
    subscription.ended_at
from subscription_monetization as subscription
left join tier on tier.name = subscription.tier
where subscription.started_at < cast(:until as timestamptz)
    and (subscription.ended_at is null or subscription.ended_at > cast(:since as timestamptz))
    and subscription.monthly_credit_allocation > 0
    and subscription.status <> 'trial'
    and not subscription.is_billed_here
order by subscription.user_id, subscription.id;
