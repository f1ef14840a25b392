-- Where an id leads: requests with this id, by their own or their sender's name, deductions for it, and one entry.
select
    usage.user_id as customer_id,
    usage.request_id,
    usage.deduction_seq as seq,
    users.name as customer,
    usage.model_id as about,
    usage.request_started_at as at,
    -usage.credits_deducted as amount
from token_usage_ledger as usage
join users on users.id = usage.user_id
where usage.request_id = any(cast(:request_ids as uuid[]))
union all
select
    entry.user_id,
    null,
    entry.seq,
    users.name,
    entry.reason,
    entry.created_at,
    entry.amount
from credit_deduction_ledger as entry
join users on users.id = entry.user_id
where (entry.user_id = cast(:customer_id as uuid) and entry.seq = cast(:seq as bigint))
    or (entry.reason = 'deduct' and entry.request_id = any(cast(:request_ids as uuid[])))
order by at desc
limit 50;
