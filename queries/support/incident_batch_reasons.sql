-- Why deductions of a batch were left as they are, or failed.
select
    item.state,
    item.reason,
    count(*) as deductions,
    sum(item.credits) as credits
from incident_batch_item as item
where item.batch_id = cast(:batch_id as uuid) and item.state in ('skipped', 'failed')
group by item.state, item.reason
order by item.state, count(*) desc, item.reason
limit 20;
