-- What is going on at this instant: how fresh the figures are, what waits, what failed.
select
    now() as read_at,
    (select count(*) from usage_delta) as waiting_rows,
    (select count(*) from pricing_configs where approval_status = 'pending') as pending_prices,
    (select count(*) from usage_reject where repaired_at is null) as open_rejects,
    (select count(*) from import_run where state = 'running') as running_imports,
    (select exists (select from token_usage_ledger)) as has_usage,
    proof.finished_at as proof_at,
    coalesce(proof.laws, 0) as proof_laws,
    coalesce(proof.broken, 0) as proof_broken
from (select) as always
left join lateral (
    select
        run.finished_at,
        (select count(*) from proof_result where run_id = run.id) as laws,
        (select count(*) from proof_result where run_id = run.id and violations > 0) as broken
    from proof_run as run
    order by run.id desc
    limit 1
) as proof on true;
