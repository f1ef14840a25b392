-- Everybody who ever asked for the decision of a second person.
select distinct on (operator.person_id)
    operator.person_id,
    operator.name
from operator
where operator.person_id in (
        select request.requested_person_id
        from approval_request as request
    )
    or operator.person_id in (
        select participant.person_id
        from pricing_config_participant as participant
        where participant.role <> 'approver'
    )
order by operator.person_id, operator.created_at, operator.id;
