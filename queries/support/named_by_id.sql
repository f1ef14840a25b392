-- What one of these ids names: a customer, a request (charged, or only deducted), a hold; or an entry of a customer.
-- A request id seen under two customers names both.
select
    named.what,
    named.customer_id,
    named.request_id,
    named.seq,
    named.at,
    named.about,
    named.credits,
    users.name,
    users.email,
    users.status
from (
    select 'customer' as what, id as customer_id, null::uuid as request_id, null::bigint as seq, registered_at as at, null as about, null::numeric as credits
    from users
    where id = any(cast(:ids as uuid[]))
    union all
    select 'request', user_id, request_id, deduction_seq, request_started_at, model_id, credits_due
    from token_usage_ledger
    where request_id = any(cast(:ids as uuid[]))
    union all
    select 'deduction', user_id, request_id, seq, created_at, null, -amount
    from credit_deduction_ledger
    where reason = 'deduct' and request_id = any(cast(:ids as uuid[]))
    union all
    select 'hold', user_id, request_id, null, placed_at, null, credits
    from credit_hold
    where id = any(cast(:ids as uuid[]))
    union all
    select 'entry', user_id, request_id, seq, created_at, reason, amount
    from credit_deduction_ledger
    where user_id = cast(:customer_id as uuid) and seq = cast(:seq as bigint)
) as named
join users on users.id = named.customer_id
order by named.at desc, named.customer_id
limit 20;
