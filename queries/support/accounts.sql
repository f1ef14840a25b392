-- These customers as they stand: what they have, can spend and used last, and what they did not cover in 30 days.
select
    users.id as customer_id,
    users.name,
    users.email,
    users.status,
    users.registered_at,
    tier.display_name as tier_title,
    coalesce(balance.amount, 0) as balance,
    spendable_credits(users.id, cast(:now as timestamptz)) as spendable,
    held_credits(users.id, cast(:now as timestamptz)) as held,
    balance.last_deduction_at as last_used_at,
    (
        select coalesce(sum(daily.credits_uncovered), 0)
        from usage_customer_daily as daily
        where daily.user_id = users.id and daily.day > (cast(:now as timestamptz) at time zone 'UTC')::date - 30
    ) as credits_uncovered
from users
join tier on tier.name = tier_at(users.id, cast(:now as timestamptz))
left join user_credit_balance as balance on balance.user_id = users.id
where users.id = any(cast(:customers as uuid[]));
