-- Submitted proposals by their code, or by the start of their tier, provider or model; the newest first.
select
    asked.object_id as proposal_id,
    asked.code,
    coalesce(asked.tier_title, 'Every tier') || coalesce(', ' || coalesce(asked.model, asked.provider_title), '') as title,
    asked.multiplier,
    asked.state
from decision_asked as asked
where asked.object_kind = 'pricing_config'
    and (
        lower(asked.code) like cast(:pattern as text)
        or lower(asked.tier_title) like cast(:pattern as text)
        or lower(asked.provider_title) like cast(:pattern as text)
        or lower(asked.model) like cast(:pattern as text)
    )
order by asked.asked_at desc, asked.object_id
limit :most;
