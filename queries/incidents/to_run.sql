-- Batches with work to do, the oldest first: deductions to give back, or customers to tell.
select
    id,
    number,
    state
from incident_batch
where state in ('queued', 'running')
    or (tells_customers and not customers_told and state in ('done', 'cancelled'))
order by requested_at, id;
