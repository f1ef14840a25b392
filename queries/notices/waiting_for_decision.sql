-- Everything that waits for a second person now, the most urgent first.
select
    object_kind, object_id, subject, code, tier_title, provider_title, model, multiplier, asked_by, persons, asked_at, decide_by
from decision_asked
where state = 'pending'
    and (decide_by is null or decide_by > cast(:now as timestamptz))
order by decide_by nulls last, asked_at, object_id;
