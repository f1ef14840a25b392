-- What a customer could spend now, grant by grant, in the order it would be drawn.
select
    id,
    origin,
    granted,
    remaining,
    paid_usd,
    effective_at,
    expires_at,
    priority
from user_credit_source
where user_id = cast(:customer_id as uuid)
    and remaining > 0
    and expiry_posted_at is null
    and effective_at <= cast(:now as timestamptz)
    and (expires_at is null or expires_at > cast(:now as timestamptz))
order by expires_at, priority, effective_at, id;
