-- Subscriptions as the list shows them: those that run first, the newest first; one page of them from a place on.
select
    plan.user_id,
    plan.id as subscription_id,
    customer.name as customer_name,
    customer.email,
    plan.tier,
    tier.display_name as tier_title,
    plan.billing_cycle,
    plan.status,
    plan.base_price_usd,
    plan.monthly_credit_allocation,
    plan.started_at,
    plan.ended_at,
    plan.current_period_start,
    plan.current_period_end,
    plan.cancel_at_period_end,
    plan.is_billed_here,
    pending.display_name as pending_title,
    plan.pending_billing_cycle
from subscription_monetization as plan
join users as customer on customer.id = plan.user_id
join tier on tier.name = plan.tier
left join tier as pending on pending.name = plan.pending_tier
where (cast(:status as text) is null or plan.status = cast(:status as text))
    and (cast(:tier as text) is null or plan.tier = cast(:tier as text))
    and (cast(:billing_cycle as text) is null or plan.billing_cycle = cast(:billing_cycle as text))
    and (
        cast(:name as text) is null
        or starts_with(lower(customer.name), cast(:name as text))
        or starts_with(lower(customer.email), cast(:name as text))
    )
    and (
        cast(:before_id as uuid) is null
        or (plan.started_at, plan.id) < (cast(:before_start as timestamptz), cast(:before_id as uuid))
    )
order by plan.started_at desc, plan.id desc
limit cast(:most as integer);
