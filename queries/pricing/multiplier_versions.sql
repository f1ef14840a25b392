-- Every version of the multiplier of one scope, whatever became of it, with who wrote and who decided it.
select
    config.id,
    config.approval_status as state,
    config.margin_multiplier as multiplier,
    config.target_gross_margin_percent as target_percent,
    config.effective_from,
    config.effective_until,
    config.reason,
    config.reason_details,
    config.approved_via = 'seed' as is_seed,
    config.approved_at,
    config.created_at,
    people.authors,
    people.approvers
from pricing_configs as config
cross join lateral (
    select
        string_agg(distinct person.name, ', ') filter (where participant.role in ('author', 'editor')) as authors,
        string_agg(distinct person.name, ', ') filter (where participant.role = 'approver') as approvers
    from pricing_config_participant as participant
    -- One person may have several accounts; the oldest gives the name.
    cross join lateral (
        select operator.name
        from operator
        where operator.person_id = participant.person_id
        order by operator.created_at, operator.id
        limit 1
    ) as person
    where participant.config_id = config.id
) as people
where config.scope_id = :scope_id
order by coalesce(config.effective_from, config.created_at) desc, config.created_at desc;
