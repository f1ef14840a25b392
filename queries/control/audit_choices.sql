-- What the audit log can be narrowed to: who acted, what they did, to what kind of thing.
with

seen as materialized (
    select distinct
        actor_name,
        verb,
        object_kind
    from audit_log
)

select 'actor' as field, actor_name as value
from seen
union
select 'verb', verb
from seen
union
select 'object', object_kind
from seen
order by 1, 2;
