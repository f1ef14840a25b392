-- Every tier with each of its floors, oldest first.
select tier.name, tier.is_active, version.effective_from, version.floor_multiplier
from tier
left join tier_version as version on version.tier = tier.name
order by tier.name, version.effective_from;
