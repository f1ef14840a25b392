-- One thing asked of a second person, as it stands now.
select
    object_kind, object_id, subject, state, code, tier_title, provider_title, model, multiplier, asked_by, asked_in_demo,
    persons, asked_at, decide_by
from decision_asked
where object_kind = :object_kind and object_id = :object_id;
