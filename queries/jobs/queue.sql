-- How much waits and how much is done just now; who is there to do it; what charging left to be folded.
select
    (select count(*) from procrastinate_jobs where status = 'todo') as waiting,
    (select count(*) from procrastinate_jobs where status = 'doing') as doing,
    (
        select min(coalesce(scheduled_at, cast(:now as timestamptz)))
        from procrastinate_jobs
        where status = 'todo'
    ) as next_at,
    (
        select count(*) from procrastinate_workers
        where last_heartbeat > clock_timestamp() - interval '20 seconds'
    ) as workers,
    (select count(*) from usage_delta) as deltas;
