-- Requests of some days that no rule decided, so that the default multiplier did.
select
    usage.tier,
    providers.id as provider_id,
    providers.name as provider,
    usage.model_id as model,
    sum(usage.default_multiplier_requests)::bigint as requests
from usage_daily as usage
join providers on providers.id = usage.provider_id
where usage.day >= cast(:start as date)
    and usage.day < cast(:end as date)
group by usage.tier, providers.id, providers.name, usage.model_id
having sum(usage.default_multiplier_requests) > 0
order by sum(usage.default_multiplier_requests) desc, usage.tier, providers.name, usage.model_id;
