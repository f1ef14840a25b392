-- The people who operate Ledgerline, their sessions and keys, what they did and
-- what was imported.

create table operator (
    id uuid primary key default gen_random_uuid(),
    -- Two accounts of one human share it: four eyes compares persons.
    person_id uuid not null,
    email text not null,
    name text not null,
    role text not null check (role in ('owner', 'admin', 'finance', 'support', 'auditor')),
    status text not null check (status in ('invited', 'active', 'disabled')),
    password_hash text,
    is_demo boolean not null default false,
    password_changed_at timestamptz,
    last_sign_in_at timestamptz,
    created_by uuid references operator (id),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (status <> 'active' or password_hash is not null)
);
create unique index operator_email on operator (lower(email));
create index operator_person on operator (person_id);

create table operator_session (
    id uuid primary key default gen_random_uuid(),
    token_sha256 bytea not null unique check (length(token_sha256) = 32),
    operator_id uuid not null references operator (id),
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    ended_reason text,
    address text,
    user_agent text
);
create index operator_session_operator on operator_session (operator_id) where ended_at is null;

create table operator_invitation (
    id uuid primary key default gen_random_uuid(),
    operator_id uuid not null references operator (id),
    token_sha256 bytea not null unique check (length(token_sha256) = 32),
    created_by uuid references operator (id),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index operator_invitation_operator on operator_invitation (operator_id) where used_at is null;

-- Failed attempts per subject and window; subjects are hashed.
create table throttle (
    kind text not null,
    subject_sha256 bytea not null,
    window_start timestamptz not null,
    failures integer not null check (failures >= 0),
    primary key (kind, subject_sha256, window_start)
);

create table api_key (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    prefix text not null unique,
    secret_sha256 bytea not null unique check (length(secret_sha256) = 32),
    scopes text[] not null,
    limit_per_call_credits numeric(18, 6) not null default 50000,
    limit_per_day_credits numeric(18, 6) not null default 500000,
    created_by uuid references operator (id),
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by uuid references operator (id),
    last_used_at timestamptz,
    replaced_by uuid references api_key (id),
    check (cardinality(scopes) > 0)
);

create table setting (
    key text primary key,
    value jsonb not null,
    updated_by uuid references operator (id),
    updated_at timestamptz not null default now()
);

-- One row per act, written in the transaction of the change it describes.
create table audit_log (
    id bigint generated always as identity primary key,
    recorded_at timestamptz not null,
    operator_id uuid,
    person_id uuid,
    actor_name text not null,
    actor_role text not null,
    session_id uuid,
    api_key_id uuid,
    address text,
    verb text not null,
    object_kind text not null,
    object_id text,
    before jsonb,
    after jsonb,
    reason text
);
create index audit_log_recorded on audit_log (recorded_at desc, id desc);
create index audit_log_object on audit_log (object_kind, object_id);
create index audit_log_operator on audit_log (operator_id, recorded_at desc);

-- The chain over the audit rows, added in order by one sealer.
create table audit_seal (
    seq bigint primary key check (seq >= 1),
    audit_id bigint not null unique references audit_log (id),
    prev_sha256 bytea not null check (length(prev_sha256) = 32),
    sha256 bytea not null unique check (length(sha256) = 32),
    sealed_at timestamptz not null
);

create table import_run (
    id uuid primary key,
    kind text not null check (kind in ('customers', 'prices', 'usage', 'demo')),
    source_name text not null,
    state text not null check (state in ('running', 'finished', 'failed')),
    started_at timestamptz not null,
    finished_at timestamptz,
    rows_read bigint not null default 0,
    accepted bigint not null default 0,
    replayed bigint not null default 0,
    rejected bigint not null default 0,
    detail jsonb not null default '{}'
);
create index import_run_started on import_run (started_at desc);

-- Raw events that could not be taken, kept to be repaired and sent again.
create table usage_reject (
    id bigint generated always as identity primary key,
    fingerprint bytea not null unique,
    import_run_id uuid references import_run (id),
    line bigint,
    code text not null,
    reason text not null,
    raw jsonb not null,
    received_at timestamptz not null,
    keep_until timestamptz not null,
    repaired_at timestamptz
);
create index usage_reject_open on usage_reject (received_at desc) where repaired_at is null;

create table proof_run (
    id bigint generated always as identity primary key,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    trigger text not null check (trigger in ('cli', 'page', 'job', 'demo'))
);

create table proof_result (
    run_id bigint not null references proof_run (id),
    law text not null,
    rows_covered bigint not null,
    violations bigint not null,
    seconds numeric(12, 6) not null,
    sample jsonb not null default '[]',
    primary key (run_id, law)
);
