-- Kept scenarios of the simulator, the newest first.
select
    scenario.id,
    scenario.name,
    scenario.address,
    operator.name as kept_by,
    scenario.created_at as kept_at
from scenario
join operator on operator.id = scenario.created_by
where scenario.removed_at is null
    and (cast(:id as uuid) is null or scenario.id = cast(:id as uuid))
order by scenario.created_at desc, scenario.id
limit 100;
