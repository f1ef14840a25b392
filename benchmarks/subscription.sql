-- A customer's subscription with its allocations and the balance: the third query of the seed document.
select
    subscription.id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.monthly_credit_allocation,
    balance.amount as balance,
    allocations.allocations
from subscription_monetization as subscription
left join user_credit_balance as balance on balance.user_id = subscription.user_id
left join lateral (
    select jsonb_agg(
        jsonb_build_object(
            'start', allocation.allocation_period_start,
            'end', allocation.allocation_period_end,
            'amount', cast(allocation.amount as text),
            'source', allocation.source,
            'remaining', cast(source.remaining as text)
        )
        order by allocation.allocation_period_start desc
    ) as allocations
    from credit_allocation as allocation
    join user_credit_source as source on source.user_id = allocation.user_id and source.id = allocation.source_id
    where allocation.user_id = subscription.user_id and allocation.subscription_id = subscription.id
) as allocations on true
where subscription.user_id = cast(:customer_id as uuid)
    and subscription.status in ('trial', 'active', 'past_due', 'grace_period');
