-- Postings of the credit ledger, newest first: what each moved, in credits and in what is deferred.
select
    entry.created_at as posted_at,
    entry.user_id as customer_id,
    users.name as customer,
    entry.seq,
    draw.source_id as grant_id,
    entry.reason,
    source.category,
    source.origin,
    source.expires_at,
    draw.amount as credits,
    case when draw.amount > 0 and entry.reason <> 'reversal' then source.paid_usd else 0 end
        - draw.realised_revenue_usd as deferred_usd
from credit_deduction_ledger as entry
join credit_source_draw as draw on draw.user_id = entry.user_id and draw.seq = entry.seq
join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
join users on users.id = entry.user_id
where entry.created_at >= cast(:start as timestamptz)
    and entry.created_at < cast(:end as timestamptz)
    and (cast(:reasons as text[]) is null or entry.reason = any(cast(:reasons as text[])))
    and (cast(:category as text) is null or source.category = cast(:category as text))
    and (
        cast(:before_at as timestamptz) is null
        or (entry.created_at, entry.user_id, entry.seq, draw.source_id)
            < (cast(:before_at as timestamptz), cast(:before_customer as uuid), cast(:before_seq as bigint), cast(:before_grant as uuid))
    )
order by entry.created_at desc, entry.user_id desc, entry.seq desc, draw.source_id desc
limit cast(:most as bigint);
