-- The entry that brought a grant in, and what the customer had after it.
select
    entry.seq,
    entry.amount as credits,
    entry.balance_after,
    entry.created_at
from credit_source_draw as draw
join credit_deduction_ledger as entry on entry.user_id = draw.user_id and entry.seq = draw.seq
where draw.user_id = cast(:user_id as uuid) and draw.source_id = cast(:grant_id as uuid)
order by entry.seq
limit 1;
