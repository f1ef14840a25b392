-- Every operator with how many of their sessions hold now, by status and name.
select
    operator.id as operator_id,
    operator.person_id,
    operator.email,
    operator.name,
    operator.role,
    operator.status,
    operator.is_demo,
    operator.last_sign_in_at,
    operator.created_at,
    (
        select count(*)
        from operator_session
        where operator_session.operator_id = operator.id
            and operator_session.ended_at is null
            and operator_session.expires_at > cast(:now as timestamptz)
            and operator_session.last_seen_at > cast(:idle_since as timestamptz)
    ) as sessions,
    (
        select max(operator_invitation.expires_at)
        from operator_invitation
        where operator_invitation.operator_id = operator.id
            and operator_invitation.used_at is null
    ) as invitation_expires_at,
    exists (
        select
        from operator as other
        where other.person_id = operator.person_id
            and other.id <> operator.id
    ) as shares_person
from operator
order by array_position(array['active', 'invited', 'disabled'], operator.status), lower(operator.name), operator.id;
