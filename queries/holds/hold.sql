-- One hold, by its id.
select user_id, id, request_id, credits, placed_at, expires_at, settled_at, released_at
from credit_hold
where id = cast(:hold_id as uuid);
