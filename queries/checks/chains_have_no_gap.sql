-- Entries of a customer are numbered 1, 2, 3 …; each starts from what the one before left.
with

chained as (
    select
        user_id,
        seq,
        amount,
        balance_before,
        balance_after,
        prev_created_at,
        created_at,
        lag(seq, 1, 0::bigint) over chain as previous_seq,
        lag(balance_after, 1, 0::numeric) over chain as previous_after,
        lag(created_at) over chain as previous_created_at
    from credit_deduction_ledger
    window chain as (partition by user_id order by seq)
)

select
    format('entry %s-%s', user_id, seq) as object,
    format(
        'before %s, amount %s, after %s at %s; entry %s left %s at %s',
        balance_before, amount, balance_after, created_at, previous_seq, previous_after, previous_created_at
    ) as detail
from chained
where seq <> previous_seq + 1
    or balance_before <> previous_after
    or balance_after <> balance_before + amount
    or not (balance_after >= 0 and balance_after < 1e12)
    or prev_created_at is distinct from previous_created_at
    or created_at < previous_created_at;
