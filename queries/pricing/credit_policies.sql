-- Every version of the credit policy, newest first, with who proposed and who approved it.
select
    policy.effective_from,
    lead(policy.effective_from) over (order by policy.effective_from) as effective_until,
    policy.unit_usd,
    policy.increment,
    policy.approval_id,
    author.name as proposed_by,
    approver.name as approved_by,
    request.payload ->> 'why' as why
from credit_policy as policy
left join approval_request as request on request.id = policy.approval_id
left join operator as author on author.id = request.requested_by
left join operator as approver on approver.id = request.decided_by
order by policy.effective_from desc;
