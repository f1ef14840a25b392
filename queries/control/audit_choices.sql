-- What the audit log can be narrowed to: who acted, what they did, to what kind of thing.
select distinct 'actor' as field, actor_name as value
from audit_log
union
select distinct 'verb', verb
from audit_log
union
select distinct 'object', object_kind
from audit_log
order by 1, 2;
