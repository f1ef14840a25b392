-- The deductions of a batch, with what came of each; of one state or one customer, after one of them.
select
    item.user_id as customer_id,
    item.seq,
    entry.request_id,
    users.name as customer,
    usage.model_id as model,
    coalesce(usage.request_started_at, entry.created_at) as started_at,
    -entry.amount as credits_taken,
    item.reversed_before,
    item.credits,
    item.state,
    item.reason,
    item.reversal_seq,
    item.tries,
    item.handled_at
from incident_batch_item as item
join credit_deduction_ledger as entry on entry.user_id = item.user_id and entry.seq = item.seq
join users on users.id = item.user_id
left join token_usage_ledger as usage on usage.user_id = entry.user_id and usage.request_id = entry.request_id
where item.batch_id = cast(:batch_id as uuid)
    and (cast(:states as text[]) is null or item.state = any(cast(:states as text[])))
    and (cast(:customer_id as uuid) is null or item.user_id = cast(:customer_id as uuid))
    and (
        cast(:after_customer as uuid) is null
        or (item.user_id, item.seq) > (cast(:after_customer as uuid), cast(:after_seq as bigint))
    )
order by item.user_id, item.seq
limit cast(:most as bigint);
