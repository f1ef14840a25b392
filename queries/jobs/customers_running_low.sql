-- Customers whose credits, valid now, are down to a quarter of their running allowance or less, where the step
-- they stand on has not been said of this allowance. Only customers with an entry since then are looked at.
select
    balance.user_id,
    allowance.source_id,
    allowance.amount as allowance_credits,
    allowance.allocation_period_end as period_end,
    spendable.credits as remaining_credits
from user_credit_balance as balance
cross join lateral (
    select
        allocation.source_id,
        allocation.amount,
        allocation.allocation_period_end
    from credit_allocation as allocation
    where allocation.user_id = balance.user_id
        and allocation.allocation_period_start <= cast(:now as timestamptz)
        and allocation.allocation_period_end > cast(:now as timestamptz)
    order by allocation.allocation_period_start desc, allocation.amount desc
    limit 1
) as allowance
cross join lateral (
    select cast(coalesce(sum(source.remaining), 0) as numeric(18, 6)) as credits
    from user_credit_source as source
    where source.user_id = balance.user_id
        and source.remaining > 0
        and source.effective_at <= cast(:now as timestamptz)
        and (source.expires_at is null or source.expires_at > cast(:now as timestamptz))
) as spendable
left join user_preferences as preferences on preferences.user_id = balance.user_id
where (cast(:since as timestamptz) is null or balance.last_created_at >= cast(:since as timestamptz))
    and spendable.credits * 4 <= allowance.amount
    and coalesce(preferences.usage_alerts, true)
    and not exists (
        select from notice
        where notice.user_id = balance.user_id
            and notice.source_id = allowance.source_id
            and notice.kind = case
                when spendable.credits = 0 then 'depleted'
                when spendable.credits * 10 <= allowance.amount then 'low_10'
                else 'low_25'
            end
    )
order by balance.user_id;
