-- Requests to change a plan or the credit policy: those that wait first, then the newest.
select
    request.id,
    request.kind,
    request.payload,
    encode(request.payload_sha256, 'hex') as payload_sha256,
    case
        when request.state = 'pending' and request.expires_at <= cast(:now as timestamptz) then 'expired'
        else request.state
    end as state,
    author.name as requested_by,
    request.requested_person_id,
    request.requested_at,
    request.expires_at,
    decider.name as decided_by,
    request.decided_at,
    request.decision_reason
from approval_request as request
left join operator as author on author.id = request.requested_by
left join operator as decider on decider.id = request.decided_by
where request.kind in ('add_tier_version', 'change_tier', 'add_credit_policy')
    and (cast(:id as uuid) is null or request.id = cast(:id as uuid))
    and (cast(:tier as text) is null or request.payload ->> 'tier' = cast(:tier as text))
order by
    request.state = 'pending' and request.expires_at > cast(:now as timestamptz) desc,
    request.requested_at desc,
    request.id
limit 50;
