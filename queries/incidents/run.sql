-- Gives back the next deductions of a batch, and ticks them off.
select
    progress.state,
    progress.handled,
    progress.waiting
from run_incident_items(
    cast(:batch_id as uuid), cast(:most as integer), cast(:grace as interval), cast(:begins as boolean)
) as progress;
