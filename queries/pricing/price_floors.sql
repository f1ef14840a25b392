-- The multiplier below which a price on a tier needs somebody to say that they know, from each date on.
select tier_version.tier, tier_version.effective_from, tier_version.floor_multiplier
from tier_version
order by tier_version.tier, tier_version.effective_from;
