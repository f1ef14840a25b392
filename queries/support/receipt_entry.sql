-- One entry of a customer's credit ledger: what moved, why, by whom, and where the customer stands now.
select
    entry.user_id as customer_id,
    users.name as customer,
    users.status as customer_status,
    entry.seq,
    entry.reason,
    entry.cause,
    entry.amount,
    entry.balance_before,
    entry.balance_after,
    entry.realised_revenue_usd,
    entry.request_id,
    entry.created_at,
    entry.reverses_seq,
    entry.approval_id,
    operator.name as operator,
    approver.name as approver,
    api_key.name as api_key,
    note.body as note,
    original.reason as reverses_reason,
    original.request_id as reverses_request_id
from credit_deduction_ledger as entry
join users on users.id = entry.user_id
left join operator on operator.id = entry.operator_id
left join approval_request as request on request.id = entry.approval_id
left join operator as approver on approver.id = request.decided_by
left join api_key on api_key.id = entry.api_key_id
left join personal_note as note on note.user_id = entry.user_id and note.id = entry.note_id
left join credit_deduction_ledger as original on original.user_id = entry.user_id and original.seq = entry.reverses_seq
where entry.user_id = cast(:customer_id as uuid) and entry.seq = cast(:seq as bigint);
