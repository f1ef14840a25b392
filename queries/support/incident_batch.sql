-- A batch: what was asked, by whom, who approved it, and how far it is.
select
    batch.id,
    batch.number,
    batch.filter,
    batch.cause,
    batch.note,
    batch.tells_customers,
    batch.customers_told,
    batch.requested_at,
    asker.name as requested_by,
    batch.approval_id,
    request.state as approval_state,
    request.expires_at as decide_by,
    request.decided_at,
    request.decision_reason,
    decider.name as decided_by,
    batch.deductions,
    batch.customers,
    batch.credits,
    batch.list_revenue_usd,
    batch.state,
    batch.done,
    batch.skipped,
    batch.failed,
    batch.credits_done,
    batch.started_at,
    batch.resumed_at,
    batch.handled_at_resume,
    batch.progress_at,
    batch.finished_at,
    batch.problem
from incident_batch as batch
join operator as asker on asker.id = batch.requested_by
left join approval_request as request on request.id = batch.approval_id
left join operator as decider on decider.id = request.decided_by
where batch.id = cast(:batch_id as uuid);
