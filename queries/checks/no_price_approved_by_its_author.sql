-- Whoever wrote or edited a price did not approve it, one other person did, and it stands in the
-- audit log. The prices a new installation starts with are the one exemption; the application
-- cannot write such rows.
with

people as (
    select
        config_id,
        count(*) filter (where role = 'author') as authors,
        count(*) filter (where role = 'approver') as approvers,
        count(*) - count(distinct person_id) as twice
    from pricing_config_participant
    group by config_id
)

select
    'price ' || config.id as object,
    format(
        'approved with %s authors and %s approvers, %s of them the same person, and %s lines in the audit log',
        coalesce(people.authors, 0), coalesce(people.approvers, 0), coalesce(people.twice, 0), audited.lines
    ) as detail
from pricing_configs as config
left join people on people.config_id = config.id
cross join lateral (
    select count(*) as lines
    from audit_log
    where object_kind = 'pricing_config' and object_id = config.id::text and verb = 'approve_price'
) as audited
where config.approved_at is not null
    and config.approved_via is distinct from 'seed'
    and (
        people.authors is distinct from 1 or people.approvers is distinct from 1 or people.twice > 0 or audited.lines <> 1
    );
