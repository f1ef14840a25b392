-- What erasing a customer would take, and what of them stays.
select
    users.id as customer_id,
    users.name,
    users.email,
    users.status,
    exists (select from user_preferences where user_id = users.id) as has_preferences,
    (select count(*) from personal_note where user_id = users.id) as notes,
    (
        select count(*) from token_usage_ledger
        where user_id = users.id and (metadata is not null or external_id is not null)
    ) as usage_details,
    (
        select count(*) from usage_reject
        where speaks_of(raw::text, users.id, users.email) or speaks_of(reason, users.id, users.email)
    ) as rejects,
    (
        select count(*) from idempotency_key
        where speaks_of(body, users.id, users.email) or speaks_of(key, users.id, users.email)
    ) as answers,
    (select count(*) from webhook_delivery where speaks_of(body::text, users.id, users.email)) as deliveries,
    (
        select count(*) from subscription_monetization where user_id = users.id and ended_at is null
    ) as running_plans,
    coalesce(balance.amount, 0) as balance,
    coalesce(balance.last_seq, 0) as entries,
    (select coalesce(sum(requests), 0)::bigint from usage_customer_daily where user_id = users.id) as requests
from users
left join user_credit_balance as balance on balance.user_id = users.id
where users.id = :customer_id;
