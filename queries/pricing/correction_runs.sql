-- Corrections of usage that were asked for: one of them, or those of a model, the newest first.
select
    run.id,
    providers.name as provider,
    run.model_id as model,
    run.charge,
    run.reason,
    run.status,
    run.requests,
    run.requests_done,
    run.vendor_cost_usd,
    run.credits_due,
    run.credits_deducted,
    run.credits_uncovered,
    run.requested_name,
    run.requested_at,
    run.started_at,
    run.finished_at,
    run.failure
from correction_run as run
join providers on providers.id = run.provider_id
where (cast(:run_id as uuid) is null or run.id = cast(:run_id as uuid))
    and (cast(:provider as text) is null or providers.name = cast(:provider as text))
    and (cast(:model as text) is null or run.model_id = cast(:model as text))
order by run.requested_at desc, run.id
limit 10;
