-- The customer of a receipt as they stand now: balance, what is on hold, plan, last entry.
select
    users.id,
    users.name,
    users.status,
    coalesce(balance.amount, 0) as balance,
    spendable_credits(users.id, cast(:now as timestamptz)) as spendable,
    held_credits(users.id, cast(:now as timestamptz)) as held,
    coalesce(balance.last_seq, 0) as last_seq,
    tier.display_name as tier_title,
    plan.effective_at as tier_since
from users
left join user_credit_balance as balance on balance.user_id = users.id
left join lateral (
    select change.tier, change.effective_at
    from subscription_tier_change as change
    where change.user_id = users.id and change.effective_at <= cast(:now as timestamptz)
    order by change.effective_at desc
    limit 1
) as plan on true
left join tier on tier.name = coalesce(plan.tier, 'free')
where users.id = cast(:customer_id as uuid);
