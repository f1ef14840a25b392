-- Everything that happened to a proposal, in all of its versions, the oldest first.
select
    event.id,
    event.config_id,
    config.version,
    event.at,
    event.kind,
    event.actor_name,
    event.reason,
    event.detail
from pricing_config_event as event
join pricing_configs as config on config.id = event.config_id
where config.number = :number
order by event.at, event.id;
