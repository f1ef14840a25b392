-- What the audit log can be narrowed to: who acted, in which role, by which key, what they did, to what kind of thing.
with

seen as materialized (
    select distinct
        actor_name,
        actor_role,
        api_key_id,
        verb,
        object_kind
    from audit_log
)

select
    'actor' as field,
    actor_name as value,
    actor_name as title
from seen
union
select
    'role',
    actor_role,
    actor_role
from seen
union
select
    'key',
    seen.api_key_id::text,
    coalesce(api_key.name || ' (' || api_key.prefix || '…)', seen.api_key_id::text)
from seen
left join api_key on api_key.id = seen.api_key_id
where seen.api_key_id is not null
union
select
    'verb',
    verb,
    verb
from seen
union
select
    'object',
    object_kind,
    object_kind
from seen
order by 1, 3, 2;
