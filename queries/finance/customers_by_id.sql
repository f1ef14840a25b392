-- The names of customers that a page is narrowed to.
select
    id,
    name,
    email
from users
where id = any(cast(:customers as uuid[]))
order by lower(name), id;
