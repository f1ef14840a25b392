-- The tiers in their order.
select name, display_name as title, is_active
from tier
order by position;
