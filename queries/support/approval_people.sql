-- Everybody who ever asked for the decision of a second person.
select distinct on (operator.person_id)
    operator.person_id,
    operator.name
from operator
where operator.person_id in (
    select unnest(decision_asked.persons)
    from decision_asked
)
order by operator.person_id, operator.created_at, operator.id;
