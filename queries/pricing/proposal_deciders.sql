-- The persons who may decide a version: able to sign in, of a role that approves, and none of its writers.
select distinct on (operator.person_id) operator.person_id, operator.name, operator.role
from operator
where operator.status = 'active'
    and operator.role = any(cast(:roles as text[]))
    and not exists (
        select
        from pricing_config_participant as participant
        where participant.config_id = :config_id and participant.person_id = operator.person_id
    )
order by operator.person_id, operator.created_at;
