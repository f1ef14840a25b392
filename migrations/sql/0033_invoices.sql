-- Invoices and what was paid for them. Lines, payments, refunds and account credit are only added
-- to; of an invoice only its state and the two sums it caches may move.

create table billing_invoice (
    user_id uuid not null references users (id),
    id uuid not null,
    -- What people call it by; not gapless.
    number bigint generated always as identity,
    subscription_id uuid,
    reason text not null check (reason in (
        'start', 'renewal', 'upgrade', 'downgrade', 'interval', 'pack', 'licence', 'licence_upgrade'
    )),
    period_start timestamptz not null check (isfinite(period_start)),
    period_end timestamptz not null check (isfinite(period_end)),
    status text not null check (status in ('draft', 'open', 'paid', 'void', 'uncollectible')),
    total_usd numeric(14, 2) not null check (total_usd >= 0 and total_usd < 1e9),
    -- What payments brought and refunds gave back: caches of the rows below, held to them by a law.
    paid_usd numeric(14, 2) not null default 0,
    refunded_usd numeric(14, 2) not null default 0,
    raised_at timestamptz not null,
    paid_at timestamptz,
    closed_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (user_id, id),
    foreign key (user_id, subscription_id) references subscription_monetization (user_id, id),
    check (period_end >= period_start),
    constraint billing_invoice_refunds_within_paid
        check (paid_usd >= 0 and paid_usd <= total_usd and refunded_usd >= 0 and refunded_usd <= paid_usd),
    constraint billing_invoice_paid_in_full check ((status = 'paid') = (paid_at is not null)),
    check (status <> 'paid' or paid_usd = total_usd),
    check (status = 'paid' or paid_usd = 0),
    check ((status = 'void') <= (closed_at is not null))
);
create unique index billing_invoice_one_per_period
    on billing_invoice (user_id, subscription_id, reason, period_start) where subscription_id is not null;
create index billing_invoice_raised on billing_invoice (raised_at desc, user_id, id);
create index billing_invoice_open on billing_invoice (raised_at) where status = 'open';

create table billing_invoice_line (
    user_id uuid not null,
    invoice_id uuid not null,
    position smallint not null check (position >= 1),
    kind text not null check (kind in (
        'subscription', 'upgrade', 'unused', 'discount', 'pack', 'licence', 'licence_upgrade', 'account_credit',
        'carried_forward'
    )),
    description text not null,
    amount_usd numeric(14, 2) not null check (amount_usd > -1e9 and amount_usd < 1e9),
    primary key (user_id, invoice_id, position),
    foreign key (user_id, invoice_id) references billing_invoice (user_id, id)
);

-- Money a customer has with us, as a chain: what was before is what the entry before left.
create table account_credit (
    user_id uuid not null references users (id),
    seq integer not null check (seq >= 1),
    prev_seq integer generated always as (nullif(seq - 1, 0)) stored,
    amount_usd numeric(14, 2) not null check (amount_usd <> 0 and amount_usd > -1e9 and amount_usd < 1e9),
    balance_before numeric(14, 2) not null,
    balance_after numeric(14, 2) not null,
    origin text not null,
    invoice_id uuid,
    created_at timestamptz not null check (isfinite(created_at)),
    primary key (user_id, seq),
    unique (user_id, seq, balance_after),
    foreign key (user_id, prev_seq, balance_before) references account_credit (user_id, seq, balance_after),
    foreign key (user_id, invoice_id) references billing_invoice (user_id, id),
    constraint account_credit_never_negative check (balance_after >= 0 and balance_after < 1e9),
    check (balance_after = balance_before + amount_usd),
    check (seq > 1 or balance_before = 0)
);

grant select on billing_invoice, billing_invoice_line, account_credit to ledgerline_app;
grant insert (
    user_id, id, subscription_id, reason, period_start, period_end, status, total_usd, raised_at, paid_at
) on billing_invoice to ledgerline_app;
grant update (status, paid_usd, refunded_usd, paid_at, closed_at) on billing_invoice to ledgerline_app;
grant insert on billing_invoice_line, account_credit to ledgerline_app;

-- Money that came in for an invoice. What is above what was due is kept as account credit.
create table payment_transaction (
    user_id uuid not null,
    id uuid not null,
    invoice_id uuid not null,
    method text not null check (method in ('manual', 'stripe')),
    status text not null check (status in ('succeeded', 'failed')),
    -- What it is called where it was made: Stripe's payment, or the number of a transfer. Names nobody.
    payment_object text not null check (payment_object ~ '^[A-Za-z0-9._/#:-]{1,100}$'),
    amount_usd numeric(14, 2) not null check (amount_usd > 0 and amount_usd < 1e9),
    applied_usd numeric(14, 2) not null check (applied_usd >= 0 and applied_usd <= amount_usd),
    operator_id uuid,
    created_at timestamptz not null check (isfinite(created_at)),
    primary key (user_id, id),
    foreign key (user_id, invoice_id) references billing_invoice (user_id, id),
    check (status = 'succeeded' or applied_usd = 0)
);
-- Across customers the same is held by unique_key('payment', …).
create unique index payment_transaction_once
    on payment_transaction (user_id, payment_object) where status = 'succeeded';
create index payment_transaction_invoice on payment_transaction (user_id, invoice_id);

-- Money that went back, by us or by a bank, with what was taken back of the credits it had bought.
create table subscription_refund (
    user_id uuid not null,
    id uuid not null,
    invoice_id uuid not null,
    payment_id uuid,
    subscription_id uuid,
    refund_type text not null check (refund_type in ('manual', 'stripe', 'dispute')),
    amount_usd numeric(14, 2) not null check (amount_usd > 0 and amount_usd < 1e9),
    cause text not null check (cause in (
        'cancelled', 'duplicate', 'service_fault', 'mistake', 'goodwill', 'dispute', 'at_stripe', 'other'
    )),
    note_id uuid,
    requested_by uuid,
    approval_id uuid,
    credits_clawed_back numeric(18, 6) not null check (credits_clawed_back >= 0 and credits_clawed_back < 1e12),
    -- Used already, so they cannot be taken back: our loss.
    credits_lost numeric(18, 6) not null check (credits_lost >= 0 and credits_lost < 1e12),
    loss_usd numeric(14, 2) not null check (loss_usd >= 0 and loss_usd < 1e9),
    clawback_seq bigint,
    created_at timestamptz not null check (isfinite(created_at)),
    primary key (user_id, id),
    foreign key (user_id, invoice_id) references billing_invoice (user_id, id),
    foreign key (user_id, payment_id) references payment_transaction (user_id, id),
    foreign key (user_id, subscription_id) references subscription_monetization (user_id, id),
    foreign key (user_id, clawback_seq) references credit_deduction_ledger (user_id, seq),
    check ((credits_clawed_back > 0) = (clawback_seq is not null)),
    -- Money given back from here was agreed by a second person.
    constraint subscription_refund_approved check ((refund_type = 'manual') = (approval_id is not null))
);
create unique index subscription_refund_one_approval
    on subscription_refund (user_id, approval_id) where approval_id is not null;
create index subscription_refund_invoice on subscription_refund (user_id, invoice_id);

-- What can be bought, with prices and credits of the server's own.
create table credit_pack (
    code text primary key check (code ~ '^[a-z0-9_]{1,40}$'),
    title text not null,
    credits numeric(18, 6) not null check (credits > 0 and credits < 1e12),
    price_usd numeric(14, 2) not null check (price_usd > 0 and price_usd < 1e9),
    is_active boolean not null default true,
    created_at timestamptz not null default now()
);
insert into credit_pack (code, title, credits, price_usd) values
    ('starter', 'Starter', 10000, 10.00),
    ('standard', 'Standard', 50000, 45.00),
    ('pro', 'Pro', 100000, 80.00),
    ('enterprise', 'Enterprise', 500000, 350.00);

-- A pack as it was bought: what it said then, and what its credits may cost us at the customer's multiplier.
create table credit_purchase (
    user_id uuid not null,
    id uuid not null,
    pack_code text not null references credit_pack (code),
    credits numeric(18, 6) not null check (credits > 0 and credits < 1e12),
    price_usd numeric(14, 2) not null check (price_usd > 0 and price_usd < 1e9),
    invoice_id uuid not null,
    -- The grant there is once the invoice is paid.
    grant_id uuid not null,
    tier text not null references tier (name),
    unit_usd numeric(30, 18) not null check (unit_usd > 0 and unit_usd < 1e6),
    multiplier numeric(6, 4) not null check (multiplier > 0 and multiplier <= 99.99),
    is_below_cost boolean generated always as (price_usd * multiplier < credits * unit_usd) stored,
    created_at timestamptz not null check (isfinite(created_at)),
    primary key (user_id, id),
    unique (user_id, invoice_id),
    unique (user_id, grant_id),
    foreign key (user_id, invoice_id) references billing_invoice (user_id, id)
);
create index credit_purchase_created on credit_purchase (created_at desc, user_id, id);

-- What Stripe told us, each event once, without its body: ids and amounts only.
create table webhook_event (
    id text primary key check (length(id) between 1 and 255),
    kind text not null,
    payment_object text,
    facts jsonb not null,
    -- Waiting: about a payment we have not heard of yet. Unmatched: money that belongs to nothing we know.
    state text not null check (state in ('handled', 'ignored', 'waiting', 'unmatched')),
    outcome text not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    handled_at timestamptz
);
create index webhook_event_waiting on webhook_event (payment_object) where state = 'waiting';
create index webhook_event_received on webhook_event (received_at desc, id);

do $$
declare
    v_check text;
begin
    select pg_get_constraintdef(oid) into v_check from pg_constraint where conname = 'approval_request_kind_check';
    alter table approval_request drop constraint approval_request_kind_check;
    execute 'alter table approval_request add constraint approval_request_kind_check '
        || replace(v_check, 'ARRAY[', 'ARRAY[''refund_payment''::text, ');
end
$$;

grant select on payment_transaction, subscription_refund, credit_pack, credit_purchase, webhook_event to ledgerline_app;
grant insert on payment_transaction, subscription_refund, webhook_event to ledgerline_app;
grant insert (
    user_id, id, pack_code, credits, price_usd, invoice_id, grant_id, tier, unit_usd, multiplier, created_at
) on credit_purchase to ledgerline_app;
grant update (state, outcome, handled_at) on webhook_event to ledgerline_app;
