-- Usage priced late is corrected by a worker, batch by batch: what was asked for, by whom, and how far it is.
-- A batch and its count are one transaction, so after a kill the next worker goes on where the last one stopped.
create table correction_run (
    id uuid primary key default gen_random_uuid(),
    provider_id uuid not null references providers (id),
    model_id text not null,
    charge boolean not null,
    reason text not null check (reason ~ '\S' and length(reason) <= 300),
    status text not null default 'waiting' check (status in ('waiting', 'running', 'finished', 'failed')),
    -- How many were due when it was asked for, and what has been posted since.
    requests bigint not null check (requests >= 0),
    requests_done bigint not null default 0 check (requests_done >= 0),
    vendor_cost_usd numeric not null default 0,
    credits_due numeric not null default 0,
    credits_deducted numeric not null default 0,
    credits_uncovered numeric not null default 0,
    requested_by uuid references operator (id),
    requested_name text not null,
    requested_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    failure text,
    check ((status in ('finished', 'failed')) = (finished_at is not null)),
    check ((status = 'failed') = (failure is not null))
);
create index correction_run_model on correction_run (provider_id, model_id, requested_at desc);
-- One at a time per model: two would only divide the same rows.
create unique index correction_run_open on correction_run (provider_id, model_id) where status in ('waiting', 'running');

grant select on correction_run to ledgerline_app;
grant insert (
    id, provider_id, model_id, charge, reason, requests, requested_by, requested_name, requested_at
) on correction_run to ledgerline_app;
grant update (
    status, requests_done, vendor_cost_usd, credits_due, credits_deducted, credits_uncovered, started_at, finished_at,
    failure
) on correction_run to ledgerline_app;
