-- Every customer who ever used something.
select users.id as user_id
from users
where exists (select from token_usage_ledger as usage where usage.user_id = users.id)
order by users.id;
