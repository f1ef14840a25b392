-- What one person gave by hand since a moment without a second one, through whichever of their
-- accounts, single acts and batches; without a person, what was given from the server's shell. What
-- an incident batch of theirs has still to give counts as given, or many small batches would be none.
with

accounts as (
    select id from operator where person_id = cast(:person_id as uuid)
),

given as (
    select entry.amount as credits
    from credit_deduction_ledger as entry
    left join incident_batch as batch on batch.id = entry.incident_batch_id
    where entry.cause is not null
        and entry.amount > 0
        and entry.approval_id is null
        and batch.approval_id is null
        and entry.api_key_id is null
        and entry.created_at > cast(:since as timestamptz)
        and (
            entry.operator_id in (select id from accounts)
            or (entry.operator_id is null and cast(:person_id as uuid) is null)
        )
    union all
    select item.credits
    from incident_batch as batch
    join incident_batch_item as item on item.batch_id = batch.id
    where batch.approval_id is null
        and batch.requested_by in (select id from accounts)
        and batch.state in ('queued', 'running', 'paused')
        and item.state = 'waiting'
    union all
    -- What failed may be tried again.
    select item.credits
    from incident_batch as batch
    join incident_batch_item as item on item.batch_id = batch.id
    where batch.approval_id is null
        and batch.requested_by in (select id from accounts)
        and batch.requested_at > cast(:since as timestamptz)
        and batch.failed > 0
        and item.state = 'failed'
)

select coalesce(sum(credits), 0) as credits
from given;
