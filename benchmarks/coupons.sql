-- 100,000 coupons with rules and limits, in ten campaigns, and 20,000 customers who tried some.
insert into coupon_campaign (
    id, version, campaign_name, campaign_type, start_date, end_date, budget_limit_usd, is_active, created_at, updated_at
)
select md5('campaign' || n)::uuid, 1, 'Campaign ' || n, 'seasonal', now() - interval '9 days', now() + interval '9 days', 1e6, true, now(), now()
from generate_series(1, 10) as n;
insert into coupon (
    id, code, version, coupon_type, discount_type, discount_value, max_uses_per_user, tier_eligibility, billing_cycles,
    valid_from, valid_until, credits_live_days, campaign_id, is_active, created_at, updated_at
)
select
    md5('coupon' || n)::uuid, 'CODE-' || n, 1, 'fixed_amount', 'credits', 20, 1, '{free,pro}', '{monthly,annual}',
    now() - interval '1 day', now() + interval '30 days', 365, md5('campaign' || 1 + n % 10)::uuid, true, now(), now()
from generate_series(1, 100000) as n;
insert into coupon_usage_limit (coupon_id, max_uses, total_uses, last_number) select id, 100, 0, 0 from coupon;
insert into coupon_validation_rule (coupon_id, rule_type, rule_value)
select id, rule.key, rule.value
from coupon, jsonb_each('{"first_time_user_only": true, "minimum_credit_balance": "0", "exclude_refunded_users": 90}') as rule;
insert into users (id, email, name, registered_at)
select md5('customer' || n)::uuid, n || '@example.com', 'C', now() from generate_series(1, 20000) as n;
insert into coupon_attempt (user_id, id, coupon_id, attempted_at, outcome)
select md5('customer' || 1 + n % 20000)::uuid, gen_random_uuid(), md5('coupon' || 1 + n % 100000)::uuid, now() - n * interval '1 minute', 'TIER_NOT_ELIGIBLE'
from generate_series(1, 200000) as n;
analyze
