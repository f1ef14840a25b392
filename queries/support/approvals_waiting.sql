-- How much waits for one person at one instant: the number beside the link to the inbox, on every page.
select count(*) as waiting
from decision_asked as asked
where asked.state = 'pending'
    and (asked.decide_by is null or asked.decide_by > cast(:now as timestamptz))
    and asked.subject <> all(cast(:not_theirs as text[]))
    and not coalesce(cast(:person_id as uuid) = any(asked.persons), false);
