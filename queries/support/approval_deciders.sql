-- The persons who may decide a request: able to sign in, of a role that decides, and none of those who asked.
select distinct on (operator.person_id)
    operator.person_id,
    operator.name,
    operator.role
from operator
where operator.status = 'active'
    and operator.role = any(cast(:roles as text[]))
    and operator.person_id <> all(cast(:persons as uuid[]))
order by operator.person_id, operator.created_at, operator.id;
