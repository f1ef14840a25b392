-- Customers and what they are subscribed to. Every table leads its keys with
-- the customer, so that it can be distributed by customer unchanged.

create table users (
    id uuid primary key,
    email text not null,
    name text not null,
    status text not null default 'active' check (status in ('active', 'suspended', 'cancelled', 'deleted')),
    monthly_cap_credits numeric(18, 6) check (monthly_cap_credits >= 0 and monthly_cap_credits < 1e12),
    registered_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);
create index users_email_prefix on users (lower(email) text_pattern_ops);
create index users_name_prefix on users (lower(name) text_pattern_ops);

-- What must be unique across customers lives here, so that customer tables need
-- no unique key without the customer in it.
create table unique_key (
    kind text not null,
    value text not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (kind, value)
);
create index unique_key_user on unique_key (user_id);

create table user_preferences (
    user_id uuid primary key references users (id),
    default_model_id text,
    enable_streaming boolean not null default true,
    max_tokens integer not null default 4096,
    temperature numeric(3, 2) not null default 0.7,
    email_notifications boolean not null default true,
    usage_alerts boolean not null default true,
    updated_at timestamptz not null default now()
);

-- Free text and personal values: may be deleted, the ledgers only point here.
create table personal_note (
    user_id uuid not null references users (id),
    id uuid not null default gen_random_uuid(),
    kind text not null,
    body text not null,
    created_by uuid,
    created_at timestamptz not null default now(),
    primary key (user_id, id)
);

create table subscription_monetization (
    user_id uuid not null references users (id),
    id uuid not null default gen_random_uuid(),
    tier text not null references tier (name),
    billing_cycle text not null check (billing_cycle in ('monthly', 'annual', 'lifetime')),
    status text not null check (status in (
        'trial', 'active', 'past_due', 'grace_period', 'cancelled', 'expired', 'suspended'
    )),
    base_price_usd numeric(14, 2) not null check (base_price_usd >= 0 and base_price_usd < 1e9),
    monthly_credit_allocation numeric(18, 6) not null check (monthly_credit_allocation >= 0 and monthly_credit_allocation < 1e12),
    reset_day_of_month smallint not null check (reset_day_of_month between 1 and 31),
    started_at timestamptz not null,
    current_period_start timestamptz not null,
    current_period_end timestamptz not null,
    trial_ends_at timestamptz,
    cancel_at_period_end boolean not null default false,
    cancelled_at timestamptz,
    ended_at timestamptz,
    cancellation_reason text,
    stripe_customer_id text,
    stripe_subscription_id text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id),
    check (current_period_end > current_period_start),
    check (ended_at is null or ended_at >= started_at)
);
create index idx_subscription_user_period_status on subscription_monetization (user_id, current_period_end, status);

-- The tier of a customer over time; tier_at() is its only reader.
create table subscription_tier_change (
    user_id uuid not null references users (id),
    effective_at timestamptz not null,
    tier text not null references tier (name),
    subscription_id uuid,
    reason text not null,
    created_at timestamptz not null default now(),
    primary key (user_id, effective_at),
    foreign key (user_id, subscription_id) references subscription_monetization (user_id, id)
);

-- A customer without a plan at that instant is on the free tier.
create function tier_at(p_user_id uuid, p_instant timestamptz) returns text
language sql stable as $$
    select coalesce(
        (
            select tier from subscription_tier_change
            where user_id = p_user_id and effective_at <= p_instant
            order by effective_at desc
            limit 1
        ),
        'free'
    )
$$;
