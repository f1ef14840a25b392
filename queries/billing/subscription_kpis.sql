-- What runs now: how many plans pay, what they bring a month (a year's price in twelfths), trials, and who is behind.
select
    count(*) filter (where plan.base_price_usd > 0 and plan.status in ('active', 'past_due', 'grace_period')) as paying,
    coalesce(
        sum(case plan.billing_cycle when 'annual' then plan.base_price_usd / 12 else plan.base_price_usd end)
            filter (where plan.status in ('active', 'past_due', 'grace_period') and plan.billing_cycle <> 'lifetime'),
        0
    ) as monthly_usd,
    count(*) filter (where plan.status = 'trial') as trials,
    count(*) filter (where plan.status in ('past_due', 'grace_period', 'suspended')) as behind,
    count(*) filter (where plan.base_price_usd = 0 and plan.status = 'active') as unpaid,
    count(*) filter (where plan.cancel_at_period_end) as ending
from subscription_monetization as plan
where plan.ended_at is null;
