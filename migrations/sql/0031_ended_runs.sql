-- A replay or a run of corrections that has ended stays as it ended: whoever approves is shown the latest evidence, and
-- raw SQL cannot take it out of the way by calling its replay cancelled.
create function refuse_ended_run() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
    raise exception 'a run that has ended is never changed' using errcode = 'insufficient_privilege';
end
$$;
create trigger impact_run_ended before update on impact_run
    for each row when (old.finished_at is not null) execute function refuse_ended_run();
create trigger correction_run_ended before update on correction_run
    for each row when (old.finished_at is not null) execute function refuse_ended_run();
