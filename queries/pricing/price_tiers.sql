-- The tiers in their order.
select tier.name, tier.display_name as title, tier.is_active
from tier
order by tier.position;
