-- What was given back, newest first: single reversals, and incident batches as one line each.
with

singles as (
    select
        entry.created_at as at,
        entry.user_id as customer_id,
        entry.seq,
        entry.reverses_seq,
        entry.amount as credits,
        entry.cause,
        entry.operator_id,
        entry.api_key_id,
        entry.approval_id
    from credit_deduction_ledger as entry
    where entry.reason = 'reversal'
        and entry.incident_batch_id is null
        and cast(:kind as text) <> 'batches'
        and (entry.created_at, entry.user_id, entry.seq)
            < (cast(:at as timestamptz), cast(:place_id as uuid), cast(:place_seq as bigint))
    order by entry.created_at desc, entry.user_id desc, entry.seq desc
    limit cast(:most as bigint)
),

batches as (
    select
        batch.requested_at as at,
        batch.id,
        batch.number,
        batch.deductions,
        batch.customers,
        batch.done,
        batch.credits,
        batch.credits_done,
        batch.cause,
        batch.requested_by,
        batch.approval_id,
        case
            when batch.state = 'pending' and request.state <> 'approved' then request.state
            else batch.state
        end as state
    from incident_batch as batch
    left join approval_request as request on request.id = batch.approval_id
    where cast(:kind as text) <> 'single'
        and (batch.requested_at, batch.id, 0::bigint)
            < (cast(:at as timestamptz), cast(:place_id as uuid), cast(:place_seq as bigint))
    order by batch.requested_at desc, batch.id desc
    limit cast(:most as bigint)
)

select
    singles.at,
    singles.customer_id as place_id,
    singles.seq as place_seq,
    null::bigint as number,
    users.name as customer,
    singles.reverses_seq,
    1::bigint as deductions,
    1::bigint as customers,
    singles.credits,
    singles.credits as credits_done,
    singles.cause,
    'done' as state,
    coalesce(operator.name, api_key.name) as by_whom,
    singles.approval_id
from singles
join users on users.id = singles.customer_id
left join operator on operator.id = singles.operator_id
left join api_key on api_key.id = singles.api_key_id
union all
select
    batches.at,
    batches.id as place_id,
    0::bigint as place_seq,
    batches.number,
    null as customer,
    null as reverses_seq,
    batches.deductions,
    batches.customers,
    batches.credits,
    batches.credits_done,
    batches.cause,
    batches.state,
    operator.name as by_whom,
    batches.approval_id
from batches
join operator on operator.id = batches.requested_by
order by at desc, place_id desc, place_seq desc
limit cast(:most as bigint);
