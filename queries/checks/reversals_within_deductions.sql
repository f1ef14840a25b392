-- What was given back of an entry is never more than it took.
select
    format('entry %s-%s', reversal.user_id, reversal.reverses_seq) as object,
    format('took %s, given back %s', -original.amount, sum(reversal.amount)) as detail
from credit_deduction_ledger as reversal
left join credit_deduction_ledger as original
    on original.user_id = reversal.user_id and original.seq = reversal.reverses_seq
where reversal.reason = 'reversal'
group by reversal.user_id, reversal.reverses_seq, original.amount
having original.amount is null
    or sum(reversal.amount) > -original.amount
    or max(reversal.reversed_after) <> sum(reversal.amount);
