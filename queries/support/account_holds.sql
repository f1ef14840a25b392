-- Holds of a customer that were neither settled nor released: open ones, and those that ended by their time.
select
    hold.id as hold_id,
    hold.request_id,
    hold.credits,
    hold.placed_at,
    hold.expires_at
from credit_hold as hold
where hold.user_id = :customer_id and hold.settled_at is null and hold.released_at is null
order by hold.expires_at desc
limit 10;
