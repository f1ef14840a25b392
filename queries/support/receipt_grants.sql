-- The grants as some entries of one customer found them: what each had left before the entry, and what the
-- entry moved in it, if anything. Grants that came later or were used up before are not there.
select
    entry.seq,
    source.id,
    source.source,
    source.category,
    source.origin,
    source.granted,
    source.paid_usd,
    source.effective_at,
    source.expires_at,
    source.expiry_posted_at,
    source.priority,
    source.replaces_source_id,
    source.remaining as remaining_now,
    coalesce(before.remaining, 0) as remaining_before,
    coalesce(moved.amount, 0) as amount,
    coalesce(moved.realised_revenue_usd, 0) as realised_revenue_usd,
    moved.position
from credit_deduction_ledger as entry
join user_credit_source as source on source.user_id = entry.user_id
left join lateral (
    select posting.remaining_after as remaining
    from credit_source_draw as posting
    where posting.user_id = source.user_id and posting.source_id = source.id and posting.seq < entry.seq
    order by posting.seq desc
    limit 1
) as before on true
left join credit_source_draw as moved
    on moved.user_id = entry.user_id and moved.seq = entry.seq and moved.source_id = source.id
where entry.user_id = cast(:customer_id as uuid)
    and entry.seq = any(cast(:seqs as bigint[]))
    and (before.remaining > 0 or moved.seq is not null)
order by entry.seq, moved.position, source.expires_at, source.priority, source.effective_at, source.id;
