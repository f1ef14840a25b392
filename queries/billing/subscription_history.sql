-- What happened to one subscription, newest first: its periods, tiers, changes in mid-period, allowances, invoices and
-- the times an invoice was found unpaid.
select period_start as at, 'period' as kind, kind || ' ' || tier || ' ' || billing_cycle as said, period_end as until_at,
    price_usd as amount_usd, cast(null as numeric) as credits
from subscription_period
where user_id = cast(:user_id as uuid) and subscription_id = cast(:subscription_id as uuid)
union all
select effective_at, 'tier', reason || ' ' || tier, null, null, null
from subscription_tier_change
where user_id = cast(:user_id as uuid) and subscription_id = cast(:subscription_id as uuid)
union all
select effective_date, 'proration', from_tier || ' → ' || to_tier, billing_end, net_charge_usd,
    credits_granted - credits_withdrawn
from proration_event
where user_id = cast(:user_id as uuid) and subscription_id = cast(:subscription_id as uuid)
union all
select allocation_period_start, 'allowance', 'allowance', allocation_period_end, null, amount
from credit_allocation
where user_id = cast(:user_id as uuid) and subscription_id = cast(:subscription_id as uuid)
union all
select raised_at, 'invoice', status || ' ' || reason, period_end, total_usd, null
from billing_invoice
where user_id = cast(:user_id as uuid) and subscription_id = cast(:subscription_id as uuid)
union all
select scheduled_at, 'dunning', status_after || ' ' || attempt_number, next_retry_at, null, null
from dunning_attempt
where user_id = cast(:user_id as uuid) and subscription_id = cast(:subscription_id as uuid)
order by at desc, kind
limit 200;
