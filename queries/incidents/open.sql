-- Writes a batch with its deductions, if they are what was seen.
select
    opening.outcome,
    opening.number,
    opening.deductions,
    opening.customers,
    opening.credits
from open_incident_batch(
    cast(:batch_id as uuid),
    cast(:filter as jsonb),
    cast(:cause as text),
    cast(:note as text),
    cast(:tells_customers as boolean),
    cast(:operator_id as uuid),
    cast(:approval_id as uuid),
    cast(:seen_sha256 as bytea),
    cast(:most as integer)
) as opening;
