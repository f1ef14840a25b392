-- Re-rating real usage under another price: what it takes in SQL, and where the evidence is kept.

-- The only rounding of a charge once more, as a whole number of increments: ceil(cost × multiplier ÷ (unit × increment)).
-- p_factor is multiplier ÷ (unit × increment) where that quotient ends, so that one multiplication is exact and
-- enough; where it does not, the division is by whole numbers (see credits_for). Null for no charge or no scenario.
create function replayed_steps(p_cost numeric, p_factor numeric, p_multiplier numeric, p_step_usd numeric) returns bigint
language sql immutable parallel safe as $$
    select case
        when p_factor is not null then ceil(p_cost * p_factor)
        when p_multiplier is null then null
        else
            div(p_cost * p_multiplier, p_step_usd)
            + (p_cost * p_multiplier > div(p_cost * p_multiplier, p_step_usd) * p_step_usd)::int
    end::bigint
$$;

-- What moved a balance and was no usage is rare: found without reading the charges between.
create index credit_deduction_ledger_not_usage on credit_deduction_ledger (user_id, seq) where reason <> 'usage';

-- One replay: of one version of a price, or of scenarios nobody has proposed yet.
create table impact_run (
    id uuid primary key default gen_random_uuid(),
    config_id uuid references pricing_configs (id),
    -- The changes that are replayed: a list of scenarios, each a list of rules and perhaps an increment.
    scenarios jsonb not null check (jsonb_typeof(scenarios) = 'array' and jsonb_array_length(scenarios) between 1 and 5),
    window_start timestamptz not null,
    window_end timestamptz not null,
    assumptions jsonb not null default '{}' check (jsonb_typeof(assumptions) = 'object'),
    status text not null default 'waiting' check (status in ('waiting', 'running', 'finished', 'failed', 'cancelled')),
    requests bigint not null check (requests >= 0),
    requests_done bigint not null default 0 check (requests_done >= 0),
    requested_by uuid references operator (id),
    requested_name text not null,
    requested_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    failure text,
    check (window_end > window_start),
    check (isfinite(window_start) and isfinite(window_end)),
    check (config_id is null or jsonb_array_length(scenarios) = 1),
    check ((status in ('finished', 'failed', 'cancelled')) = (finished_at is not null)),
    check ((status = 'failed') = (failure is not null))
);
create index impact_run_config on impact_run (config_id, requested_at desc) where config_id is not null;

-- What a replay found. Evidence is added and never changed; its hash is part of what an approver has seen.
create table impact_evidence (
    run_id uuid primary key references impact_run (id),
    evidence jsonb not null,
    evidence_sha256 bytea not null generated always as (fingerprint_of(evidence)) stored,
    created_at timestamptz not null
);

create or replace function latest_impact_sha256(p_config uuid) returns bytea
language sql stable as $$
    select found.evidence_sha256
    from impact_run as run
    join impact_evidence as found on found.run_id = run.id
    where run.config_id = p_config
    order by run.requested_at desc, run.id
    limit 1
$$;

grant select on impact_run, impact_evidence to ledgerline_app;
grant insert (
    id, config_id, scenarios, window_start, window_end, assumptions, requests, requested_by, requested_name, requested_at
) on impact_run to ledgerline_app;
grant update (status, requests_done, started_at, finished_at, failure) on impact_run to ledgerline_app;
grant insert (run_id, evidence, created_at) on impact_evidence to ledgerline_app;
