-- Every customer, the newest first, from a place in that order on.
select id as customer_id, registered_at::text as place
from users
where (registered_at, id) < (
    coalesce(cast(:place as timestamptz), 'infinity'),
    coalesce(cast(:customer_id as uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
)
order by registered_at desc, id desc
limit :most;
