-- Whoever wrote or edited a price did not approve it, and somebody else did. The prices a new
-- installation starts with are the one exemption; the application cannot write such rows.
with

people as (
    select
        config_id,
        count(*) filter (where role in ('author', 'editor')) as writers,
        count(*) filter (where role = 'approver') as approvers,
        count(*) - count(distinct person_id) as twice
    from pricing_config_participant
    group by config_id
)

select
    'price ' || config.id as object,
    format(
        'approved with %s writers and %s approvers, %s of them the same person',
        coalesce(people.writers, 0), coalesce(people.approvers, 0), coalesce(people.twice, 0)
    ) as detail
from pricing_configs as config
left join people on people.config_id = config.id
where config.approval_status = 'approved'
    and config.approved_via is distinct from 'seed'
    and (coalesce(people.writers, 0) = 0 or coalesce(people.approvers, 0) = 0 or people.twice > 0);
