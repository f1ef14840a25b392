-- Every version of one tier or of all, newest first, with who proposed and who approved it.
select
    version.tier,
    version.effective_from,
    lead(version.effective_from) over (partition by version.tier order by version.effective_from) as effective_until,
    version.monthly_price_usd,
    version.annual_price_usd,
    version.monthly_credit_allocation,
    version.max_credit_rollover,
    version.floor_multiplier,
    version.trial_days,
    version.approval_id,
    author.name as proposed_by,
    approver.name as approved_by,
    request.payload ->> 'why' as why
from tier_version as version
join tier on tier.name = version.tier
left join approval_request as request on request.id = version.approval_id
left join operator as author on author.id = request.requested_by
left join operator as approver on approver.id = request.decided_by
where cast(:tier as text) is null or version.tier = cast(:tier as text)
order by tier.position, version.effective_from desc;
