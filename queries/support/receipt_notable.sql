-- What people and keys moved by hand, newest first, from a place in that order downwards: reversals, grants, deductions.
select
    entry.user_id as customer_id,
    entry.seq,
    users.name as customer,
    entry.reason,
    entry.cause,
    entry.amount,
    entry.balance_after,
    entry.created_at,
    coalesce(operator.name, api_key.name) as by_whom,
    entry.reverses_seq
from credit_deduction_ledger as entry
join users on users.id = entry.user_id
left join operator on operator.id = entry.operator_id
left join api_key on api_key.id = entry.api_key_id
where entry.cause is not null
    and (cast(:reasons as text[]) is null or entry.reason = any(cast(:reasons as text[])))
    and (entry.created_at, entry.user_id, entry.seq)
        < (cast(:at as timestamptz), cast(:user_id as uuid), cast(:seq as bigint))
order by entry.created_at desc, entry.user_id desc, entry.seq desc
limit cast(:most as bigint);
