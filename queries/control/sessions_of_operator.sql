-- The sessions of one operator that hold now, latest first.
select
    id as session_id,
    created_at,
    last_seen_at,
    expires_at,
    address,
    user_agent
from operator_session
where operator_id = cast(:operator_id as uuid)
    and ended_at is null
    and expires_at > cast(:now as timestamptz)
    and last_seen_at > cast(:idle_since as timestamptz)
order by last_seen_at desc, id;
