-- One subscription with everything its page says.
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
    plan.reset_day_of_month,
    plan.started_at,
    plan.ended_at,
    plan.current_period_start,
    plan.current_period_end,
    plan.trial_ends_at,
    plan.cancel_at_period_end,
    plan.cancellation_reason,
    plan.is_billed_here,
    plan.allowance_due_at,
    pending.display_name as pending_title,
    plan.pending_billing_cycle,
    plan.unpaid_since,
    plan.dunning_attempts,
    coalesce(balance.amount, 0) as balance
from subscription_monetization as plan
join users as customer on customer.id = plan.user_id
join tier on tier.name = plan.tier
left join tier as pending on pending.name = plan.pending_tier
left join user_credit_balance as balance on balance.user_id = plan.user_id
where plan.user_id = cast(:user_id as uuid) and plan.id = cast(:subscription_id as uuid);
