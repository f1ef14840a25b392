-- Every charge for usage belongs to one usage row, and every row that was charged to one charge.
with

charges as (
    select user_id, seq, request_id
    from credit_deduction_ledger
    where reason = 'usage'
),

charged as (
    select user_id, deduction_seq as seq, request_id
    from token_usage_ledger
    where deduction_seq is not null or credits_deducted > 0
)

select
    format('request %s/%s', user_id, request_id) as object,
    format('charged by entry %s, its usage row names entry %s', charges.seq, charged.seq) as detail
from charges
full join charged using (user_id, request_id)
where charges.seq is distinct from charged.seq;
