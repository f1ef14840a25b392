-- What moved the grants of these customers between two of their entries and was neither usage nor
-- the grant itself: charges of single amounts, reversals, claw-backs. They happen in every replay as they did.
select
    draw.user_id,
    draw.seq,
    entry.created_at,
    draw.source_id,
    draw.amount,
    (
        entry.reason = 'expiry'
        or not exists (
            select from credit_source_draw as earlier
            where earlier.user_id = draw.user_id and earlier.source_id = draw.source_id and earlier.seq < draw.seq
        )
    ) as is_its_own
from unnest(cast(:users as uuid[]), cast(:firsts as bigint[]), cast(:lasts as bigint[])) as replayed (user_id, first, last)
join credit_deduction_ledger as entry
    on entry.user_id = replayed.user_id
    and entry.reason <> 'usage'
    and entry.seq between replayed.first and replayed.last
join credit_source_draw as draw on draw.user_id = entry.user_id and draw.seq = entry.seq
order by draw.user_id, draw.seq;
