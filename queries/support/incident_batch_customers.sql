-- The customers of a batch: what each got back, and what was left as it is; those who got most first.
select
    item.user_id as customer_id,
    users.name as customer,
    count(*) as deductions,
    count(*) filter (where item.state = 'done') as done,
    count(*) filter (where item.state in ('skipped', 'failed')) as left_out,
    coalesce(sum(item.credits) filter (where item.state = 'done'), 0) as credits,
    count(item.told_at) > 0 as is_told
from incident_batch_item as item
join users on users.id = item.user_id
where item.batch_id = cast(:batch_id as uuid)
group by item.user_id, users.name
order by credits desc, count(*) desc, item.user_id
limit cast(:most as bigint);
