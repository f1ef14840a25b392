-- What a batch ticked off as given back stands in the ledger, once, as it was ordered, and the other
-- way round; its totals are those of its deductions; and where it needed a second person, one approved.
select
    format('batch %s, entry %s-%s', coalesce(item.batch_id, reversal.incident_batch_id), coalesce(item.user_id, reversal.user_id),
        coalesce(item.seq, reversal.reverses_seq)) as object,
    case
        when reversal.seq is null then 'ticked off as given back, and not in the ledger'
        when item.seq is null then 'given back, and not ticked off'
        else format('%s credits were ordered, %s given back', item.credits, reversal.amount)
    end as detail
from (
    select batch_id, user_id, seq, credits, reversed_before, reversal_seq
    from incident_batch_item
    where state = 'done'
) as item
full join (
    select incident_batch_id, user_id, seq, amount, reverses_seq, reversed_before, operator_id, cause
    from credit_deduction_ledger
    where incident_batch_id is not null
) as reversal
    on reversal.incident_batch_id = item.batch_id and reversal.user_id = item.user_id and reversal.seq = item.reversal_seq
left join incident_batch as batch on batch.id = item.batch_id
where reversal.seq is null
    or item.seq is null
    or reversal.reverses_seq is distinct from item.seq
    or reversal.amount is distinct from item.credits
    or reversal.reversed_before is distinct from item.reversed_before
    or reversal.operator_id is distinct from batch.requested_by
    or reversal.cause is distinct from batch.cause
union all
select
    format('batch %s', batch.id) as object,
    format('%s done, %s skipped, %s failed of %s; its deductions say %s, %s, %s of %s', batch.done, batch.skipped,
        batch.failed, batch.deductions, item.done, item.skipped, item.failed, item.deductions) as detail
from incident_batch as batch
left join (
    select
        batch_id,
        count(*) as deductions,
        count(distinct user_id) as customers,
        sum(credits) as credits,
        count(*) filter (where state = 'done') as done,
        count(*) filter (where state = 'skipped') as skipped,
        count(*) filter (where state = 'failed') as failed,
        coalesce(sum(credits) filter (where state = 'done'), 0) as credits_done
    from incident_batch_item
    group by batch_id
) as item on item.batch_id = batch.id
where (batch.deductions, batch.customers, batch.credits, batch.done, batch.skipped, batch.failed, batch.credits_done)
    is distinct from
    (item.deductions, item.customers, item.credits, item.done, item.skipped, item.failed, item.credits_done)
union all
select
    format('batch %s', batch.id) as object,
    'gave credits back without the approval it needs' as detail
from incident_batch as batch
where batch.state <> 'pending' and not incident_batch_is_allowed(batch)
union all
select
    'approval ' || request.id as object,
    'approved, and its batch still waits' as detail
from approval_request as request
left join incident_batch as batch on batch.approval_id = request.id
where request.kind = 'incident_batch' and request.state = 'approved' and (batch.id is null or batch.state = 'pending');
