-- The grants of these customers that may pay within the window, as they stood before each customer's
-- first entry of it: what was left after the posting before, all of it where there was none.
select
    source.user_id,
    source.id,
    source.granted,
    coalesce(earlier.remaining_after, source.granted) as remaining,
    source.paid_usd,
    source.effective_at,
    source.expires_at,
    source.priority
from unnest(cast(:users as uuid[]), cast(:seqs as bigint[])) as replayed (user_id, seq)
join user_credit_source as source
    on source.user_id = replayed.user_id
    and source.effective_at < cast(:end as timestamptz)
    and (source.expires_at is null or source.expires_at > cast(:start as timestamptz))
left join lateral (
    select draw.remaining_after
    from credit_source_draw as draw
    where draw.user_id = source.user_id and draw.source_id = source.id and draw.seq < replayed.seq
    order by draw.seq desc
    limit 1
) as earlier on true
order by source.user_id, source.expires_at, source.priority, source.effective_at, source.id;
