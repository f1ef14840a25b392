-- Whom a one-time link is for, while it works.
select
    operator.name,
    operator.email,
    operator.role,
    operator_invitation.expires_at
from operator_invitation
join operator on operator.id = operator_invitation.operator_id
where operator_invitation.token_sha256 = cast(:token_sha256 as bytea)
    and operator_invitation.used_at is null
    and operator_invitation.expires_at > cast(:now as timestamptz)
    and operator.status <> 'disabled';
