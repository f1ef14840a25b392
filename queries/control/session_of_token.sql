-- The session of a cookie, if it holds now: neither ended nor expired nor idle, its
-- operator active; a demo account only in demo mode.
select
    operator_session.id as session_id,
    operator.id as operator_id,
    operator.person_id,
    operator.name,
    operator.role,
    operator_session.last_seen_at
from operator_session
join operator on operator.id = operator_session.operator_id
where operator_session.token_sha256 = cast(:token_sha256 as bytea)
    and operator_session.ended_at is null
    and operator_session.expires_at > cast(:now as timestamptz)
    and operator_session.last_seen_at > cast(:idle_since as timestamptz)
    and operator.status = 'active'
    and (not operator.is_demo or cast(:demo as boolean));
