-- The versions of one proposal, the first one first.
select
    config.id,
    config.version,
    config.margin_multiplier as multiplier,
    config.approval_status as status
from pricing_configs as config
where config.number = :number
order by config.version;
