-- What one entry drew from each grant, what was given back of it since, and the grant as it is now, in draw order.
select
    draw.position,
    source.id,
    source.source,
    source.category,
    source.origin,
    source.granted,
    source.remaining,
    source.paid_usd,
    source.expires_at,
    source.expiry_posted_at,
    draw.credits,
    draw.realised_revenue_usd,
    draw.returned,
    draw.is_clawed_back
from reversible_draws(cast(:customer_id as uuid), cast(:seq as bigint)) as draw
join user_credit_source as source on source.user_id = cast(:customer_id as uuid) and source.id = draw.source_id
order by draw.position;
