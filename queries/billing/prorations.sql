-- Changes of plan in mid-period, newest first, with what their calculation went by; one page from a place on.
select
    event.user_id,
    event.id,
    event.subscription_id,
    customer.name as customer_name,
    event.change_type,
    event.status,
    event.from_tier,
    event.to_tier,
    event.from_price_usd,
    event.to_price_usd,
    event.from_monthly_credits,
    event.to_monthly_credits,
    event.billing_start,
    event.billing_end,
    event.allowance_start,
    event.allowance_end,
    event.effective_date,
    event.unused_credit_value_usd,
    event.new_tier_prorated_cost_usd,
    event.discount_usd,
    event.net_charge_usd,
    event.credits_granted,
    event.credits_withdrawn
from proration_event as event
join users as customer on customer.id = event.user_id
where (cast(:change_type as text) is null or event.change_type = cast(:change_type as text))
    and (cast(:subscription_id as uuid) is null or event.subscription_id = cast(:subscription_id as uuid))
    and (
        cast(:before_id as uuid) is null
        or (event.effective_date, event.id) < (cast(:before_date as timestamptz), cast(:before_id as uuid))
    )
order by event.effective_date desc, event.id desc
limit cast(:most as integer);
