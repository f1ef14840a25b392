-- When each job that waits in the queue will be taken; null is at once.
select
    cast(task_name as text) as job,
    min(coalesce(scheduled_at, cast(:now as timestamptz))) as runs_at
from procrastinate_jobs
where status = 'todo'
group by task_name;
