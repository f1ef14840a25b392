-- The grants one entry of the credit ledger drew from, in the order they were drawn.
select
    draw.position,
    source.source,
    source.category,
    source.effective_at,
    source.expires_at,
    -draw.amount as credits,
    draw.remaining_after,
    draw.realised_revenue_usd
from credit_source_draw as draw
join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
where draw.user_id = :customer_id and draw.seq = :seq
order by draw.position;
