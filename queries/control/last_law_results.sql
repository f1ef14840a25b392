-- What each law found when it last ran.
select distinct on (result.law)
    result.law,
    run.finished_at as ran_at,
    run.trigger,
    result.rows_covered,
    result.violations,
    result.seconds,
    result.sample
from proof_result as result
join proof_run as run on run.id = result.run_id
order by result.law, result.run_id desc;
