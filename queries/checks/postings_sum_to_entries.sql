-- What an entry moves is what its postings to grants add up to.
with

posted as (
    select user_id, seq, sum(amount) as amount, count(*) as postings, max(position) as last_position
    from credit_source_draw
    group by user_id, seq
)

select
    format('entry %s-%s', user_id, seq) as object,
    format('the entry moves %s, its %s postings %s', entry.amount, posted.postings, posted.amount) as detail
from credit_deduction_ledger as entry
full join posted using (user_id, seq)
where entry.amount is distinct from posted.amount or posted.postings is distinct from posted.last_position;
