-- Who wrote, edited and approved a version, by the name of the oldest account of each person.
select
    participant.person_id,
    participant.role,
    coalesce(account.name, 'somebody no longer here') as name,
    participant.created_at as since
from pricing_config_participant as participant
left join lateral (
    select operator.name
    from operator
    where operator.person_id = participant.person_id
    order by operator.created_at
    limit 1
) as account on true
where participant.config_id = :config_id
order by participant.created_at, participant.role;
