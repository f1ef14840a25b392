-- Background work: what each job did, outgoing webhooks, notices of low credits,
-- and keys that are replaced or asked too often. The tables of the queue itself
-- (procrastinate_…) come from its library, a step before this file.

-- What each job did last; one row a job, changed by every run.
create table job_state (
    job text primary key,
    running_since timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    seconds numeric(12, 6),
    result text,
    succeeded_at timestamptz,
    failures_in_a_row integer not null default 0 check (failures_in_a_row >= 0)
);

-- Every run that failed, with its reason.
create table job_failure (
    id bigint generated always as identity primary key,
    job text not null,
    failed_at timestamptz not null,
    reason text not null
);
create index job_failure_job on job_failure (job, failed_at desc);

-- What a customer is told once per allowance: that it runs low, or out.
create table notice (
    user_id uuid not null references users (id),
    source_id uuid not null,
    kind text not null check (kind in ('low_25', 'low_10', 'depleted')),
    remaining_credits numeric(18, 6) not null,
    allowance_credits numeric(18, 6) not null,
    raised_at timestamptz not null,
    primary key (user_id, source_id, kind),
    foreign key (user_id, source_id) references user_credit_source (user_id, id)
);

-- Where events are sent. The secret must be read again to sign, so it is
-- encrypted and not hashed.
create table webhook_endpoint (
    id uuid primary key,
    url text not null,
    sealed_secret bytea not null,
    events text[] not null check (cardinality(events) > 0),
    active boolean not null default true,
    created_by uuid references operator (id),
    created_at timestamptz not null,
    removed_at timestamptz
);

-- One event on its way to one endpoint. Its body names customers by id.
create table webhook_delivery (
    id uuid primary key,
    endpoint_id uuid not null references webhook_endpoint (id),
    event_id uuid not null,
    event text not null,
    body jsonb not null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given_up')),
    created_at timestamptz not null,
    finished_at timestamptz
);
create index webhook_delivery_created on webhook_delivery (created_at desc);

-- Every try of a delivery.
create table webhook_attempt (
    delivery_id uuid not null references webhook_delivery (id),
    n integer not null check (n >= 1),
    tried_at timestamptz not null,
    seconds numeric(12, 6) not null,
    status integer,
    error text,
    primary key (delivery_id, n)
);

-- null: the setting api_key_requests_per_minute.
alter table api_key add column requests_per_minute integer
    check (requests_per_minute between 1 and 10000000);

grant select on
    job_state, job_failure, notice, webhook_endpoint, webhook_delivery, webhook_attempt
to ledgerline_app;
grant insert, update on job_state to ledgerline_app;
grant insert, delete on job_failure, webhook_attempt to ledgerline_app;
grant insert on notice, webhook_endpoint, webhook_delivery to ledgerline_app;
grant update (active, removed_at) on webhook_endpoint to ledgerline_app;
grant update (state, finished_at), delete on webhook_delivery to ledgerline_app;

-- The queue: its own functions do the work, as the application.
grant select, insert, update, delete on
    procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers
to ledgerline_app;
grant usage on sequence
    procrastinate_jobs_id_seq, procrastinate_events_id_seq, procrastinate_periodic_defers_id_seq,
    procrastinate_workers_id_seq
to ledgerline_app;
