-- The latest runs that failed, with their reasons.
select
    failure.job,
    failure.failed_at,
    failure.reason
from job_failure as failure
order by failure.failed_at desc, failure.id desc
limit cast(:most as integer);
