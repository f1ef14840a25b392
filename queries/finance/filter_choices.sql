-- What finance can filter by: providers, tiers, and the models that were ever used.
-- The models are found by walking the index from one to the next, never by reading the ledger.
with recursive

used (provider_id, model_id) as (
    (
        select provider_id, model_id
        from token_usage_ledger
        order by provider_id, model_id
        limit 1
    )
    union all
    select following.provider_id, following.model_id
    from used
    cross join lateral (
        select usage.provider_id, usage.model_id
        from token_usage_ledger as usage
        where (usage.provider_id, usage.model_id) > (used.provider_id, used.model_id)
        order by usage.provider_id, usage.model_id
        limit 1
    ) as following
)

select
    'provider' as kind,
    name as value,
    display_name as title,
    name as provider
from providers
union all
select
    'tier' as kind,
    name as value,
    display_name as title,
    '' as provider
from (select name, display_name from tier order by position) as ordered
union all
select
    'model' as kind,
    used.model_id as value,
    used.model_id as title,
    providers.name as provider
from used
join providers on providers.id = used.provider_id;
