-- One customer as they stand, and what they used and did not cover in all their time, from the summaries.
select
    users.id as customer_id,
    users.name,
    users.email,
    users.status,
    users.registered_at,
    users.deleted_at,
    tier.name as tier,
    tier.display_name as tier_title,
    users.monthly_cap_credits,
    monthly_cap_left(users.id, cast(:now as timestamptz)) as monthly_cap_left,
    coalesce(balance.amount, 0) as balance,
    coalesce(balance.last_seq, 0) as last_seq,
    balance.last_deduction_at as last_used_at,
    spendable_credits(users.id, cast(:now as timestamptz)) as spendable,
    held_credits(users.id, cast(:now as timestamptz)) as held,
    unspendable.ended,
    unspendable.to_come,
    used.requests,
    used.unpriced_requests,
    used.credits_uncovered
from users
join tier on tier.name = tier_at(users.id, cast(:now as timestamptz))
left join user_credit_balance as balance on balance.user_id = users.id
cross join lateral (
    select
        coalesce(sum(source.remaining) filter (where source.expires_at <= cast(:now as timestamptz)), 0) as ended,
        coalesce(sum(source.remaining) filter (where source.effective_at > cast(:now as timestamptz)), 0) as to_come
    from user_credit_source as source
    where source.user_id = users.id and source.remaining > 0
) as unspendable
cross join lateral (
    select
        coalesce(sum(daily.requests), 0)::bigint as requests,
        coalesce(sum(daily.unpriced_requests), 0)::bigint as unpriced_requests,
        coalesce(sum(daily.credits_uncovered), 0) as credits_uncovered
    from usage_customer_daily as daily
    where daily.user_id = users.id
) as used
where users.id = :customer_id;
