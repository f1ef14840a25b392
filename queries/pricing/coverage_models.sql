-- Every model on offer or used between two days, with what was used of it and what fell to the default.
with

used as (
    select
        provider_id,
        model_id,
        sum(requests)::bigint as requests,
        sum(default_multiplier_requests)::bigint as default_requests
    from usage_daily
    where day >= cast(:start as date)
        and day < cast(:end as date)
    group by provider_id, model_id
)

select
    providers.id as provider_id,
    providers.name as provider,
    providers.display_name as provider_title,
    coalesce(model.id, used.model_id) as model,
    coalesce(model.is_available and not model.is_archived and providers.is_enabled, false) as is_offered,
    coalesce(used.requests, 0) as requests,
    coalesce(used.default_requests, 0) as default_requests
from models as model
full join used on used.provider_id = model.provider_id and used.model_id = model.id
join providers on providers.id = coalesce(model.provider_id, used.provider_id)
order by providers.display_name, coalesce(model.id, used.model_id);
