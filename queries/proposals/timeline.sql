-- Everything that happened to one version, in order.
select at, kind, actor_name, reason
from pricing_config_event
where config_id = cast(:config_id as uuid)
order by id;
