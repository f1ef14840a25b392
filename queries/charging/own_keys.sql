-- Which events, that did not say whose key they used, a licence takes to have used the customer's own.
select asked.position
from unnest(cast(:positions as integer[]), cast(:users as uuid[]), cast(:moments as timestamptz[]))
    as asked (position, user_id, started_at)
where default_key_mode(asked.user_id, asked.started_at) = 'own';
