-- One replay with what it found, if it has come to its end.
select
    run.id,
    run.config_id,
    run.scenarios,
    run.window_start,
    run.window_end,
    run.assumptions,
    run.status,
    run.requests,
    run.requests_done,
    run.requested_name,
    run.requested_at,
    run.started_at,
    run.finished_at,
    run.failure,
    run.begun,
    found.evidence,
    found.evidence_sha256
from impact_run as run
left join impact_evidence as found on found.run_id = run.id
where run.id = cast(:run_id as uuid);
