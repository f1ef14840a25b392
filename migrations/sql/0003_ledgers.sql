-- The books. Both ledgers can only be appended to; chains and sums hold by
-- constraints, not by triggers, so they also hold when distributed by customer.

create table user_credit_balance (
    user_id uuid primary key references users (id),
    -- The upper bound keeps NaN out: NaN >= 0 is true in PostgreSQL.
    amount numeric(18, 6) not null default 0 check (amount >= 0 and amount < 1e12),
    last_seq bigint not null default 0 check (last_seq >= 0),
    last_created_at timestamptz,
    last_deduction_at timestamptz,
    last_deduction_amount numeric(18, 6)
);

create table user_credit_source (
    user_id uuid not null references users (id),
    id uuid not null,
    source text not null check (source in (
        'monthly_allocation', 'referral_reward', 'coupon_promotion', 'bonus', 'refund',
        'admin_grant', 'purchase', 'rollover', 'replacement', 'opening'
    )),
    category text not null check (category in ('paid', 'promotional', 'allowance')),
    granted numeric(18, 6) not null check (granted > 0 and granted < 1e12),
    remaining numeric(18, 6) not null,
    paid_usd numeric(30, 18) not null default 0 check (paid_usd >= 0 and paid_usd < 1e9),
    effective_at timestamptz not null,
    expires_at timestamptz,
    priority smallint not null,
    origin text not null,
    expiry_posted_at timestamptz,
    created_at timestamptz not null,
    primary key (user_id, id),
    check (remaining >= 0 and remaining <= granted),
    check (expires_at is null or expires_at > effective_at)
);
create index user_credit_source_open on user_credit_source (user_id, expires_at) where remaining > 0;
create index user_credit_source_due on user_credit_source (expires_at) where remaining > 0 and expiry_posted_at is null;

create table credit_allocation (
    user_id uuid not null references users (id),
    subscription_id uuid not null,
    allocation_period_start timestamptz not null,
    allocation_period_end timestamptz not null,
    amount numeric(18, 6) not null,
    source text not null check (source in ('subscription', 'bonus', 'admin_grant', 'referral', 'coupon', 'perpetual_migration')),
    source_id uuid not null,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    -- Once per subscription and period, however often the job runs.
    primary key (user_id, subscription_id, allocation_period_start),
    foreign key (user_id, subscription_id) references subscription_monetization (user_id, id),
    foreign key (user_id, source_id) references user_credit_source (user_id, id),
    check (allocation_period_end > allocation_period_start)
);

-- The credit ledger: every movement of a balance, in and out.
create table credit_deduction_ledger (
    user_id uuid not null references users (id),
    seq bigint not null check (seq >= 1),
    prev_seq bigint generated always as (nullif(seq - 1, 0)) stored,
    amount numeric(18, 6) not null check (amount <> 0 and amount > -1e12 and amount < 1e12),
    balance_before numeric(18, 6) not null,
    balance_after numeric(18, 6) not null check (balance_after >= 0 and balance_after < 1e12),
    reason text not null check (reason in (
        'allocation', 'purchase', 'bonus', 'coupon', 'referral', 'admin_grant', 'usage', 'deduct',
        'reversal', 'expiry', 'rollover', 'clawback', 'proration', 'correction', 'opening'
    )),
    request_id uuid,
    realised_revenue_usd numeric(30, 18) not null default 0,
    reverses_seq bigint,
    reverses_amount numeric(18, 6),
    reversed_before numeric(18, 6),
    reversed_after numeric(18, 6),
    reversed_link numeric(18, 6) generated always as (nullif(reversed_before, 0)) stored,
    operator_id uuid,
    api_key_id uuid,
    note_id uuid,
    created_at timestamptz not null,
    prev_created_at timestamptz,
    primary key (user_id, seq),
    check (balance_after = balance_before + amount),
    check (seq > 1 or balance_before = 0),
    check ((seq = 1) = (prev_created_at is null)),
    check (prev_created_at is null or created_at >= prev_created_at),
    unique (user_id, seq, created_at, balance_after),
    -- The chain: what was before is what the previous entry left.
    constraint credit_deduction_ledger_chain
        foreign key (user_id, prev_seq, prev_created_at, balance_before)
        references credit_deduction_ledger (user_id, seq, created_at, balance_after),
    check ((reason in ('usage', 'deduct')) <= (amount < 0 and request_id is not null)),
    -- A reversal names an entry that took credits, so never another reversal.
    check ((reason = 'reversal') = (reverses_seq is not null)),
    check (
        case when reverses_seq is null
            then reverses_amount is null and reversed_before is null and reversed_after is null
            else reverses_amount < 0 and amount > 0 and reversed_before >= 0
                and reversed_after = reversed_before + amount and reversed_after <= -reverses_amount
                and reverses_seq < seq
        end
    ),
    unique (user_id, seq, amount),
    constraint credit_deduction_ledger_reversal
        foreign key (user_id, reverses_seq, reverses_amount)
        references credit_deduction_ledger (user_id, seq, amount),
    unique (user_id, reverses_seq, reversed_after),
    constraint credit_deduction_ledger_reversal_chain
        foreign key (user_id, reverses_seq, reversed_link)
        references credit_deduction_ledger (user_id, reverses_seq, reversed_after)
);
create unique index credit_deduction_ledger_one_charge
    on credit_deduction_ledger (user_id, request_id) where reason in ('usage', 'deduct');
-- Two reversals of one entry cannot start from the same total.
create unique index credit_deduction_ledger_reversed_once
    on credit_deduction_ledger (user_id, reverses_seq, reversed_before) where reverses_seq is not null;
create index credit_deduction_ledger_created on credit_deduction_ledger (created_at desc);

-- The signed posting of each entry to the grants it moved.
create table credit_source_draw (
    user_id uuid not null,
    seq bigint not null,
    source_id uuid not null,
    amount numeric(18, 6) not null check (amount <> 0 and amount > -1e12 and amount < 1e12),
    remaining_after numeric(18, 6) not null check (remaining_after >= 0 and remaining_after < 1e12),
    realised_revenue_usd numeric(30, 18) not null,
    position smallint not null,
    primary key (user_id, seq, source_id),
    foreign key (user_id, seq) references credit_deduction_ledger (user_id, seq),
    foreign key (user_id, source_id) references user_credit_source (user_id, id)
);
create index credit_source_draw_source on credit_source_draw (user_id, source_id, seq);

create table token_usage_ledger (
    user_id uuid not null references users (id),
    request_id uuid not null,
    external_id text,
    subscription_id uuid,
    provider_id uuid not null references providers (id),
    model_id text not null,
    service text not null,
    request_type text not null check (request_type in ('completion', 'streaming', 'batch')),
    status text not null check (status in ('success', 'failed', 'cancelled', 'rate_limited')),
    key_mode text not null check (key_mode in ('system', 'own')),
    -- Tier, price and multiplier are read in the statement that writes them, from tables the
    -- application cannot delete from, and amounts_recompute joins them: their foreign keys
    -- cost a sixth of the whole charge and could not fail.
    user_tier_at_request text not null,
    input_tokens bigint not null check (input_tokens >= 0 and input_tokens <= 1000000000000),
    cached_input_tokens bigint not null check (cached_input_tokens >= 0 and cached_input_tokens <= 1000000000000),
    cache_write_tokens bigint not null check (cache_write_tokens >= 0 and cache_write_tokens <= 1000000000000),
    output_tokens bigint not null check (output_tokens >= 0 and output_tokens <= 1000000000000),
    total_tokens bigint generated always as (
        input_tokens + cached_input_tokens + cache_write_tokens + output_tokens
    ) stored,
    cost_status text not null check (cost_status in ('reported', 'computed', 'estimated', 'unpriced', 'none')),
    price_id uuid,
    vendor_cost numeric(30, 18) check (vendor_cost >= 0 and vendor_cost < 1e9),
    pricing_config_id uuid,
    multiplier_scope text not null check (multiplier_scope in (
        'combination', 'model', 'provider', 'tier', 'default', 'none'
    )),
    margin_multiplier numeric(6, 4) not null check (margin_multiplier >= 0 and margin_multiplier <= 99.99),
    credit_value_usd numeric(30, 18),
    gross_margin_usd numeric(30, 18) generated always as (credit_value_usd - vendor_cost) stored,
    unit_usd numeric(30, 18) not null,
    increment numeric(18, 6) not null,
    credits_due numeric(18, 6) not null check (credits_due >= 0 and credits_due < 1e12),
    credits_deducted numeric(18, 6) not null check (credits_deducted >= 0 and credits_deducted < 1e12),
    credits_uncovered numeric(18, 6) not null check (credits_uncovered >= 0 and credits_uncovered < 1e12),
    rounding_gain_usd numeric(30, 18) not null check (rounding_gain_usd >= 0 and rounding_gain_usd < 1e9),
    realised_revenue_usd numeric(30, 18) not null check (realised_revenue_usd >= 0 and realised_revenue_usd < 1e9),
    deduction_seq bigint,
    experiment_id uuid,
    metadata jsonb,
    body_sha256 bytea not null check (length(body_sha256) = 32),
    request_started_at timestamptz not null,
    request_completed_at timestamptz,
    processing_time_ms bigint check (processing_time_ms >= 0),
    import_run_id uuid,
    created_at timestamptz not null,
    accounted_at timestamptz not null,
    primary key (user_id, request_id),
    foreign key (user_id, deduction_seq) references credit_deduction_ledger (user_id, seq),
    check (credits_due = credits_deducted + credits_uncovered),
    check ((credits_deducted > 0) = (deduction_seq is not null)),
    check ((cost_status = 'unpriced') = (vendor_cost is null)),
    check ((vendor_cost is null) = (credit_value_usd is null)),
    check (cost_status <> 'unpriced' or credits_due = 0),
    check (cost_status <> 'none' or vendor_cost = 0),
    check (credit_value_usd is null or credit_value_usd = vendor_cost * margin_multiplier),
    check (cost_status = 'unpriced' or rounding_gain_usd = credits_due * unit_usd - credit_value_usd),
    check (key_mode <> 'own' or (vendor_cost = 0 and margin_multiplier = 0 and credits_due = 0)),
    check (request_completed_at is null or request_completed_at >= request_started_at)
);
-- By accounted_at, like every figure: what a page lists is what its totals add up.
create index token_usage_ledger_accounted on token_usage_ledger (accounted_at desc, user_id, request_id);
create index token_usage_ledger_user on token_usage_ledger (user_id, accounted_at desc);
create index token_usage_ledger_model on token_usage_ledger (provider_id, model_id, accounted_at desc);
create index token_usage_ledger_request on token_usage_ledger (request_id);
create index token_usage_ledger_unsure on token_usage_ledger (accounted_at desc)
where cost_status in ('unpriced', 'estimated');
create index token_usage_ledger_uncovered on token_usage_ledger (accounted_at desc) where credits_uncovered > 0;
create index token_usage_ledger_unusual on token_usage_ledger (accounted_at desc)
where status <> 'success' or key_mode = 'own';

-- Signed differences found later; a correction counts as no request.
create table usage_correction (
    user_id uuid not null,
    request_id uuid not null,
    n integer not null check (n >= 1),
    vendor_cost numeric(30, 18) not null,
    credit_value_usd numeric(30, 18) not null,
    credits_due numeric(18, 6) not null,
    credits_deducted numeric(18, 6) not null,
    credits_uncovered numeric(18, 6) not null,
    rounding_gain_usd numeric(30, 18) not null,
    realised_revenue_usd numeric(30, 18) not null,
    prices_request boolean not null,
    price_id uuid references model_provider_pricing (id),
    deduction_seq bigint,
    reason text not null,
    operator_id uuid,
    created_at timestamptz not null,
    accounted_at timestamptz not null,
    primary key (user_id, request_id, n),
    foreign key (user_id, request_id) references token_usage_ledger (user_id, request_id),
    foreign key (user_id, deduction_seq) references credit_deduction_ledger (user_id, seq),
    check (credits_due = credits_deducted + credits_uncovered)
);
create index usage_correction_accounted on usage_correction (accounted_at);
