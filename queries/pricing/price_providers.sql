-- The providers there are.
select providers.id, providers.name, providers.display_name as title, providers.is_enabled
from providers
order by providers.display_name;
