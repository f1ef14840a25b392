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
