-- Money of one invoice that went back, with the credits taken back; and what waits for a second person.
select
    refund.refund_type,
    refund.cause,
    refund.amount_usd,
    refund.credits_clawed_back,
    refund.credits_lost,
    refund.loss_usd,
    refund.clawback_seq,
    refund.approval_id,
    asker.name as asked_by,
    decider.name as approved_by,
    'done' as state,
    refund.created_at
from subscription_refund as refund
left join operator as asker on asker.id = refund.requested_by
left join approval_request as request on request.id = refund.approval_id
left join operator as decider on decider.id = request.decided_by
where refund.user_id = cast(:user_id as uuid) and refund.invoice_id = cast(:invoice_id as uuid)
union all
select
    'manual',
    request.payload ->> 'cause',
    cast(request.payload ->> 'amount_usd' as numeric(14, 2)),
    null,
    null,
    null,
    null,
    request.id,
    asker.name,
    null,
    'waiting',
    request.requested_at
from approval_request as request
left join operator as asker on asker.id = request.requested_by
where request.kind = 'refund_payment'
    and request.state = 'pending'
    and request.expires_at > cast(:now as timestamptz)
    and request.payload ->> 'user_id' = cast(:user_id as text)
    and request.payload ->> 'invoice_id' = cast(:invoice_id as text)
order by created_at, approval_id;
