-- Providers by the names that rules are proposed with.
select id, name
from providers
order by name;
