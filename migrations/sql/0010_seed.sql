-- What every Ledgerline starts with. Running it again changes nothing.

insert into providers (id, name, display_name, api_type) values
    ('8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d0001', 'openai', 'OpenAI', 'openai'),
    ('8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d0002', 'anthropic', 'Anthropic', 'anthropic'),
    ('8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d0003', 'google', 'Google', 'google'),
    ('8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d0004', 'azure', 'Azure OpenAI', 'azure'),
    ('8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d0005', 'ollama', 'Ollama', 'ollama')
on conflict do nothing;

-- Licence holders keep the perpetual tier; it is not sold and has no multiplier yet.
insert into tier (name, display_name, position, is_sold, is_active) values
    ('free', 'Free', 1, true, true),
    ('pro', 'Pro', 2, true, true),
    ('pro_max', 'Pro Max', 3, true, true),
    ('enterprise_pro', 'Enterprise Pro', 4, true, true),
    ('enterprise_max', 'Enterprise Max', 5, true, true),
    ('perpetual', 'Perpetual', 6, false, false)
on conflict do nothing;

-- Annual is ten months; at most half the monthly credits roll over, none on free.
insert into tier_version (
    tier, effective_from, monthly_price_usd, annual_price_usd, monthly_credit_allocation, max_credit_rollover,
    floor_multiplier, trial_days
) values
    ('free', '2000-01-01 00:00+00', 0, 0, 2000, 0, 1.05, 14),
    ('pro', '2000-01-01 00:00+00', 19, 190, 20000, 10000, 1.05, 14),
    ('pro_max', '2000-01-01 00:00+00', 39, 390, 50000, 25000, 1.05, 14),
    ('enterprise_pro', '2000-01-01 00:00+00', 199, 1990, 250000, 125000, 1.05, 14),
    ('enterprise_max', '2000-01-01 00:00+00', 499, 4990, 700000, 350000, 1.05, 14),
    ('perpetual', '2000-01-01 00:00+00', 0, 0, 0, 0, 1.05, 14)
on conflict do nothing;

insert into credit_policy (effective_from, unit_usd, increment)
values ('2000-01-01 00:00+00', 0.001, 1)
on conflict do nothing;

insert into pricing_scope (scope_type, subscription_tier)
select 'tier', name from tier
on conflict do nothing;

-- Target margin = (m − 1) ÷ m. Seeded rows are the one exemption from four eyes.
insert into pricing_configs (
    id, scope_id, margin_multiplier, target_gross_margin_percent, effective_from, reason, reason_details,
    approval_status, approved_via, approved_at
)
select
    seed.id,
    scope.id,
    seed.multiplier,
    round((seed.multiplier - 1) * 100 / seed.multiplier, 4),
    '2025-01-01 00:00+00',
    'initial_setup',
    'Multiplier the product starts with',
    'approved',
    'seed',
    '2025-01-01 00:00+00'
from (
    values
        ('5b7e6c1a-7d9e-5d43-8f58-1f0e5e000001'::uuid, 'free', 2.0),
        ('5b7e6c1a-7d9e-5d43-8f58-1f0e5e000002'::uuid, 'pro', 1.5),
        ('5b7e6c1a-7d9e-5d43-8f58-1f0e5e000003'::uuid, 'pro_max', 1.4),
        ('5b7e6c1a-7d9e-5d43-8f58-1f0e5e000004'::uuid, 'enterprise_pro', 1.2),
        ('5b7e6c1a-7d9e-5d43-8f58-1f0e5e000005'::uuid, 'enterprise_max', 1.2)
) as seed (id, tier, multiplier)
join pricing_scope as scope on scope.scope_type = 'tier' and scope.subscription_tier = seed.tier
on conflict do nothing;
