-- How providers and tiers are called on a page.
select 'provider' as dimension, name, display_name, row_number() over (order by display_name)::integer as position
from providers
union all
select 'tier', name, display_name, position::integer
from tier
order by dimension, position;
