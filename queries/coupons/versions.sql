-- The versions of a coupon or of a campaign, newest first, and who asked for and approved each.
select
    version.version,
    version.terms,
    version.approval_id,
    version.created_at,
    asker.name as asked_by,
    decider.name as approved_by
from (
    select version, terms, approval_id, created_at from coupon_version where coupon_id = cast(:object_id as uuid)
    union all
    select version, terms, approval_id, created_at from coupon_campaign_version where campaign_id = cast(:object_id as uuid)
) as version
join approval_request as request on request.id = version.approval_id
left join operator as asker on asker.id = request.requested_by
left join operator as decider on decider.id = request.decided_by
order by version.version desc;
