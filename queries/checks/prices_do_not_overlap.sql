-- At one instant at most one approved multiplier holds for one scope.
with

approved as (
    select
        id,
        scope_id,
        effective_from,
        coalesce(effective_until, 'infinity') as effective_until,
        lead(id) over history as next_id,
        lead(effective_from) over history as next_from
    from pricing_configs
    where approval_status = 'approved'
    window history as (partition by scope_id order by effective_from, id)
)

select
    'price ' || id as object,
    format('holds until %s, price %s of the same scope from %s', effective_until, next_id, next_from) as detail
from approved
where next_from < effective_until or effective_from is null;
