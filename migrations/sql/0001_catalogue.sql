-- What is sold and what it costs us: providers, models, vendor prices, tiers,
-- credit policy and the multipliers. No foreign key leads into a customer's rows.

create table providers (
    id uuid primary key,
    name text not null unique,
    display_name text not null,
    api_type text not null,
    is_enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (name = lower(name) and name <> '')
);

create table models (
    provider_id uuid not null references providers (id),
    id text not null,
    name text not null,
    is_available boolean not null default true,
    is_legacy boolean not null default false,
    is_archived boolean not null default false,
    meta jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (provider_id, id)
);

-- Prices of vendors, dated. A change closes the old row and adds a new one.
create table model_provider_pricing (
    id uuid primary key default gen_random_uuid(),
    provider_id uuid not null references providers (id),
    model_name text not null,
    vendor_model_id text,
    input_price_per_1k numeric(16, 10) not null,
    output_price_per_1k numeric(16, 10) not null,
    cache_input_price_per_1k numeric(16, 10),
    cache_hit_price_per_1k numeric(16, 10),
    context_threshold_tokens bigint,
    input_price_per_1k_high_context numeric(16, 10),
    output_price_per_1k_high_context numeric(16, 10),
    cache_write_price_per_1k_high_context numeric(16, 10),
    cache_read_price_per_1k_high_context numeric(16, 10),
    is_free boolean not null default false,
    effective_from timestamptz not null,
    effective_until timestamptz,
    previous_price_input numeric(16, 10),
    previous_price_output numeric(16, 10),
    price_change_percent_input numeric(12, 4),
    price_change_percent_output numeric(12, 4),
    detected_at timestamptz not null,
    source text not null,
    description text,
    last_verified timestamptz not null,
    verification_frequency_days integer not null default 7,
    created_by uuid,
    created_at timestamptz not null default now(),
    unique (provider_id, model_name, effective_from),
    foreign key (provider_id, model_name) references models (provider_id, id),
    check (effective_until is null or effective_until > effective_from),
    -- The upper bound also keeps NaN out: NaN is greater than every number.
    check (input_price_per_1k >= 0 and input_price_per_1k < 100000),
    check (output_price_per_1k >= 0 and output_price_per_1k < 100000),
    check (cache_input_price_per_1k is null or (cache_input_price_per_1k >= 0 and cache_input_price_per_1k < 100000)),
    check (cache_hit_price_per_1k is null or (cache_hit_price_per_1k >= 0 and cache_hit_price_per_1k < 100000)),
    check (is_free or input_price_per_1k > 0 or output_price_per_1k > 0),
    check (context_threshold_tokens is null or context_threshold_tokens > 0),
    check (context_threshold_tokens is null
        or (input_price_per_1k_high_context is not null and output_price_per_1k_high_context is not null)),
    -- No two prices of one model at one instant. Without an extension a text
    -- has no gist operator, so its 64-bit hash stands in as a range of one.
    constraint model_provider_pricing_no_overlap exclude using gist (
        int8range(
            hashtextextended(provider_id::text || '/' || model_name, 0),
            hashtextextended(provider_id::text || '/' || model_name, 0), '[]'
        ) with &&,
        tstzrange(effective_from, effective_until) with &&
    )
);

create table tier (
    name text primary key,
    display_name text not null,
    position smallint not null unique,
    is_sold boolean not null default true,
    is_active boolean not null default true
);

create table tier_version (
    tier text not null references tier (name),
    effective_from timestamptz not null,
    monthly_price_usd numeric(14, 2) not null check (monthly_price_usd >= 0 and monthly_price_usd < 1e9),
    annual_price_usd numeric(14, 2) not null check (annual_price_usd >= 0 and annual_price_usd < 1e9),
    monthly_credit_allocation numeric(18, 6) not null check (monthly_credit_allocation >= 0 and monthly_credit_allocation < 1e12),
    max_credit_rollover numeric(18, 6) not null check (max_credit_rollover >= 0 and max_credit_rollover < 1e12),
    floor_multiplier numeric(6, 4) not null check (floor_multiplier > 0 and floor_multiplier <= 99.99),
    trial_days integer not null default 14 check (trial_days >= 0),
    features jsonb not null default '{}',
    created_at timestamptz not null default now(),
    primary key (tier, effective_from)
);

create table credit_policy (
    effective_from timestamptz primary key,
    unit_usd numeric(30, 18) not null check (unit_usd > 0 and unit_usd < 1e6),
    increment numeric(18, 6) not null check (increment > 0 and increment < 1e6),
    created_at timestamptz not null default now()
);

-- One row per thing a multiplier can be set for; its bigint id lets the
-- no-overlap constraint work without an extension and without NULL traps.
create table pricing_scope (
    id bigint generated always as identity primary key,
    scope_type text not null,
    subscription_tier text references tier (name),
    provider_id uuid references providers (id),
    model_id text,
    rank smallint generated always as (
        case scope_type when 'combination' then 1 when 'model' then 2 when 'provider' then 3 else 4 end
    ) stored,
    unique nulls not distinct (scope_type, subscription_tier, provider_id, model_id),
    check (
        case scope_type
            when 'tier' then subscription_tier is not null and provider_id is null and model_id is null
            when 'provider' then subscription_tier is null and provider_id is not null and model_id is null
            when 'model' then subscription_tier is null and model_id is not null
            when 'combination' then subscription_tier is not null and (provider_id is not null or model_id is not null)
            else false
        end
    )
);

create table pricing_configs (
    id uuid primary key default gen_random_uuid(),
    scope_id bigint not null references pricing_scope (id),
    margin_multiplier numeric(6, 4) not null check (margin_multiplier > 0 and margin_multiplier <= 99.99),
    target_gross_margin_percent numeric(12, 4),
    effective_from timestamptz,
    effective_until timestamptz,
    reason text not null check (reason in (
        'initial_setup', 'vendor_price_change', 'tier_optimization', 'margin_protection', 'manual_adjustment'
    )),
    reason_details text,
    previous_multiplier numeric(6, 4),
    change_percent numeric(12, 4),
    approval_status text not null default 'draft' check (approval_status in (
        'draft', 'pending', 'approved', 'rejected', 'withdrawn', 'expired'
    )),
    approved_via text check (approved_via = 'seed'),
    approved_at timestamptz,
    approved_sha256 bytea,
    submitted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (effective_until is null or (effective_from is not null and effective_until > effective_from)),
    check ((approval_status = 'approved') = (approved_at is not null)),
    check (approval_status <> 'approved' or effective_from is not null),
    check (approved_via is not distinct from 'seed' or approved_at is null or effective_from >= approved_at),
    constraint pricing_configs_no_overlap exclude using gist (
        int8range(scope_id, scope_id, '[]') with &&,
        tstzrange(effective_from, effective_until) with &&
    ) where (approval_status = 'approved')
);

-- One person, one role in one version: who wrote or edited it cannot approve it.
create table pricing_config_participant (
    config_id uuid not null references pricing_configs (id),
    person_id uuid not null,
    role text not null check (role in ('author', 'editor', 'approver')),
    created_at timestamptz not null default now(),
    primary key (config_id, person_id)
);
