-- What a customer has, can spend and has on hold, and the allowance running now; no row for a customer nobody knows.
select
    users.id as user_id,
    coalesce(balance.amount, 0) as balance,
    spendable_credits(users.id, cast(:now as timestamptz)) as spendable,
    held_credits(users.id, cast(:now as timestamptz)) as held,
    tier_at(users.id, cast(:now as timestamptz)) as tier,
    allowance.amount as allocated_monthly,
    allowance.allocation_period_start as period_start,
    allowance.allocation_period_end as next_reset_at,
    (
        select coalesce(sum(source.remaining), 0)
        from user_credit_source as source
        where source.user_id = users.id
            and source.category = 'promotional'
            and source.remaining > 0
            and source.expiry_posted_at is null
            and source.effective_at <= cast(:now as timestamptz)
            and (source.expires_at is null or source.expires_at > cast(:now as timestamptz))
    ) as bonus_credits,
    -- What was used of an allowance that nobody paid for, less what was given back.
    (
        select coalesce(-sum(draw.amount), 0)
        from user_credit_source as source
        join credit_source_draw as draw on draw.user_id = source.user_id and draw.source_id = source.id
        join credit_deduction_ledger as entry on entry.user_id = draw.user_id and entry.seq = draw.seq
        where source.user_id = users.id
            and source.category = 'allowance'
            and source.paid_usd = 0
            and source.effective_at <= cast(:now as timestamptz)
            and (source.expires_at is null or source.expires_at > cast(:now as timestamptz))
            and entry.reason in ('usage', 'deduct', 'reversal')
    ) as free_tier_used,
    balance.last_created_at as last_updated,
    users.registered_at as created_at
from users
left join user_credit_balance as balance on balance.user_id = users.id
left join lateral (
    select allocation.amount, allocation.allocation_period_start, allocation.allocation_period_end
    from credit_allocation as allocation
    where allocation.user_id = users.id
        and allocation.source = 'subscription'
        and allocation.allocation_period_start <= cast(:now as timestamptz)
        and allocation.allocation_period_end > cast(:now as timestamptz)
    order by allocation.allocation_period_start desc
    limit 1
) as allowance on true
where users.id = customer_named(cast(:customer as text));
