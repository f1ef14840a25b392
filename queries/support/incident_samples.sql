-- The deductions of which most would be given back, to look at before it is done.
select
    item.user_id as customer_id,
    item.seq,
    item.request_id,
    users.name as customer,
    item.model_id as model,
    item.started_at,
    item.credits_taken,
    item.credits_returned,
    item.credits
from incident_items(cast(:filter as jsonb), cast(:most as integer)) as item
join users on users.id = item.user_id
where item.credits > 0
order by item.credits desc, item.user_id, item.seq
limit 10;
