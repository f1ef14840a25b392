-- A balance is what the last entry left, and what the customer's grants still hold.
with

heads as (
    select distinct on (user_id) user_id, seq, balance_after, created_at
    from credit_deduction_ledger
    order by user_id, seq desc
),

remainders as (
    select user_id, sum(remaining) as remaining
    from user_credit_source
    group by user_id
),

sides as (
    select
        coalesce(balance.user_id, heads.user_id, remainders.user_id) as user_id,
        balance.amount,
        balance.last_seq,
        balance.last_created_at,
        coalesce(heads.balance_after, 0) as head_amount,
        coalesce(heads.seq, 0) as head_seq,
        heads.created_at as head_created_at,
        coalesce(remainders.remaining, 0) as remaining
    from user_credit_balance as balance
    full join heads on heads.user_id = balance.user_id
    full join remainders on remainders.user_id = coalesce(balance.user_id, heads.user_id)
)

select
    'customer ' || user_id as object,
    format(
        'balance %s at entry %s; the ledger ends with %s at entry %s; the grants hold %s',
        amount, last_seq, head_amount, head_seq, remaining
    ) as detail
from sides
where (amount, last_seq, last_created_at, amount)
    is distinct from (head_amount, head_seq, head_created_at, remaining);
