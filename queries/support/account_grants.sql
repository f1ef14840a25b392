-- The grants of a customer: what is left first, in the order it is drawn, then the newest of those used up or ended.
select
    source.id as grant_id,
    source.source,
    source.category,
    source.origin,
    source.granted,
    source.remaining,
    source.paid_usd,
    source.effective_at,
    source.expires_at,
    source.expiry_posted_at,
    source.created_at,
    replaced.origin as replaces_origin,
    replaced.expires_at as replaces_expired_at,
    exists (
        select
        from credit_deduction_ledger as entry
        join credit_source_draw as draw on draw.user_id = entry.user_id and draw.seq = entry.seq
        where entry.user_id = source.user_id and entry.reason = 'clawback' and draw.source_id = source.id
    ) as is_clawed_back
from user_credit_source as source
left join user_credit_source as replaced on replaced.user_id = source.user_id and replaced.id = source.replaces_source_id
where source.user_id = :customer_id
order by
    source.remaining = 0,
    case when source.remaining > 0 then source.expires_at end nulls last,
    case when source.remaining > 0 then source.priority end,
    case when source.remaining > 0 then source.effective_at end,
    source.effective_at desc,
    source.id
limit :most;
