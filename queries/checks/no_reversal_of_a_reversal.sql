-- A reversal is never itself reversed.
select
    format('entry %s-%s', reversal.user_id, reversal.seq) as object,
    format('reverses entry %s, which is a %s', reversal.reverses_seq, original.reason) as detail
from credit_deduction_ledger as reversal
join credit_deduction_ledger as original
    on original.user_id = reversal.user_id and original.seq = reversal.reverses_seq
where reversal.reason = 'reversal' and (original.reason = 'reversal' or original.amount >= 0);
