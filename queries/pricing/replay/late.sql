-- Requests of before the window that were posted within it: they had drawn from the grants before.
select draw.user_id, draw.source_id, sum(draw.amount) as amount
from unnest(cast(:users as uuid[]), cast(:firsts as bigint[])) as replayed (user_id, first)
join token_usage_ledger as usage
    on usage.user_id = replayed.user_id
    and usage.request_started_at < cast(:start as timestamptz)
    and usage.deduction_seq > replayed.first
join credit_source_draw as draw on draw.user_id = usage.user_id and draw.seq = usage.deduction_seq
group by draw.user_id, draw.source_id;
