-- The subscriptions of a customer, the newest first, with the allowance that runs now and when the next one comes.
select
    plan.id as subscription_id,
    tier.display_name as tier_title,
    plan.billing_cycle,
    plan.status,
    plan.base_price_usd,
    plan.monthly_credit_allocation,
    plan.reset_day_of_month,
    plan.started_at,
    plan.current_period_start,
    plan.current_period_end,
    plan.trial_ends_at,
    plan.cancel_at_period_end,
    plan.ended_at,
    allowance.amount as allowance_credits,
    allowance.allocation_period_start as allowance_from,
    allowance.allocation_period_end as next_reset_at
from subscription_monetization as plan
join tier on tier.name = plan.tier
left join lateral (
    select allocation.amount, allocation.allocation_period_start, allocation.allocation_period_end
    from credit_allocation as allocation
    where allocation.user_id = plan.user_id
        and allocation.subscription_id = plan.id
        and allocation.allocation_period_start <= cast(:now as timestamptz)
        and allocation.allocation_period_end > cast(:now as timestamptz)
    order by allocation.allocation_period_start desc
    limit 1
) as allowance on true
where plan.user_id = :customer_id
order by plan.started_at desc, plan.id;
