-- How much waits at one instant: for this person, and in all that they may see.
select
    count(*) filter (
        where not coalesce(cast(:person_id as uuid) = any(asked.persons), false)
            and asked.subject <> all(cast(:not_theirs as text[]))
    ) as for_me,
    count(*) as pending,
    count(*) filter (where cast(:person_id as uuid) = any(asked.persons)) as mine
from decision_asked as asked
where asked.state = 'pending'
    and (asked.decide_by is null or asked.decide_by > cast(:now as timestamptz))
    and asked.subject <> all(cast(:unseen as text[]));
