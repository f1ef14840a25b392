-- Batches that have not ended and reach into a window: what a new one of the same days should know of.
select
    batch.id,
    batch.number
from incident_batch as batch
left join approval_request as request on request.id = batch.approval_id
where (batch.state in ('queued', 'running', 'paused') or (batch.state = 'pending' and request.state = 'pending'))
    and cast(batch.filter ->> 'from' as timestamptz) < cast(:until as timestamptz)
    and cast(batch.filter ->> 'until' as timestamptz) > cast(:start as timestamptz)
order by batch.requested_at desc, batch.id
limit 5;
