-- What each job did last, and whether it is at it now: a run whose process was killed holds no lock.
select
    state.job,
    state.running_since is not null and exists (
        select from pg_locks
        where locktype = 'advisory'
            and granted
            and database = (select oid from pg_database where datname = current_database())
            and (cast(classid as bigint) << 32) + cast(objid as bigint) = hashtextextended('ledgerline job ' || state.job, 0)
    ) as is_running,
    state.started_at,
    state.finished_at,
    state.seconds,
    state.result,
    state.failures_in_a_row
from job_state as state;
