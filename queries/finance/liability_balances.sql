-- The balances of all customers just before an instant, as their ledgers' last entries left them.
select
    count(*) filter (where entry.balance_after > 0) as customers,
    coalesce(sum(entry.balance_after), 0) as credits
from ledger_heads_at(cast(:at as timestamptz)) as head
cross join lateral (
    select ledger.balance_after
    from credit_deduction_ledger as ledger
    where ledger.user_id = head.user_id and ledger.seq = head.seq
    limit 1
) as entry;
