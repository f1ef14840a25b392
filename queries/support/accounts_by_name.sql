-- Every customer in the order of their names, from a place in it on.
select id as customer_id, lower(name) as place
from users
where cast(:place as text) is null
    or (
        lower(name) ~>=~ cast(:place as text)
        and (lower(name) ~>~ cast(:place as text) or id > cast(:customer_id as uuid))
    )
order by lower(name) using ~<~, id
limit :most;
