-- At one instant a model has at most one vendor price.
with

dated as (
    select
        id,
        model_name,
        coalesce(effective_until, 'infinity') as effective_until,
        lead(effective_from) over (partition by provider_id, model_name order by effective_from, id) as next_from
    from model_provider_pricing
)

select
    'vendor price ' || id as object,
    format('the price of %s holds until %s, the next from %s', model_name, effective_until, next_from) as detail
from dated
where next_from < effective_until;
