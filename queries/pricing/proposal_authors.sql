-- Who ever wrote a proposal: what the list can be narrowed to.
select distinct on (participant.person_id) participant.person_id, operator.name
from pricing_config_participant as participant
join operator on operator.person_id = participant.person_id
where participant.role = 'author'
order by participant.person_id, operator.created_at;
