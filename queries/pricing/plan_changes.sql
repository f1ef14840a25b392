-- Requests to change a plan or the credit policy: those that wait first, then the newest.
select
    request.id,
    request.kind,
    request.payload,
    encode(request.payload_sha256, 'hex') as payload_sha256,
    case
        when withdrawal.approval_id is not null then 'withdrawn'
        when request.state = 'pending' and request.expires_at <= cast(:now as timestamptz) then 'expired'
        else request.state
    end as state,
    author.name as requested_by,
    request.requested_person_id,
    request.requested_at,
    request.expires_at,
    decider.name as decided_by,
    request.decided_at,
    coalesce(withdrawal.reason, request.decision_reason) as decision_reason,
    request.state = 'approved'
        and withdrawal.approval_id is null
        and coalesce(version.effective_from, policy.effective_from) > cast(:now as timestamptz) + interval '5 minutes'
        as is_scheduled,
    withdrawer.name as withdrawn_by,
    withdrawal.withdrawn_at
from approval_request as request
left join operator as author on author.id = request.requested_by
left join operator as decider on decider.id = request.decided_by
left join plan_withdrawal as withdrawal on withdrawal.approval_id = request.id
left join operator as withdrawer on withdrawer.id = withdrawal.withdrawn_by
left join tier_version as version on version.approval_id = request.id
left join credit_policy as policy on policy.approval_id = request.id
where request.kind in ('add_tier_version', 'change_tier', 'add_credit_policy')
    and (cast(:id as uuid) is null or request.id = cast(:id as uuid))
    and (cast(:tier as text) is null or request.payload ->> 'tier' = cast(:tier as text))
order by
    request.state = 'pending' and request.expires_at > cast(:now as timestamptz) desc,
    request.requested_at desc,
    request.id
limit 50;
