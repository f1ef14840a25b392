-- One row: a coupon by its code, its campaign, and the customer who would redeem it, all that the twelve
-- checks look at. Without such a coupon only what is the customer's own.
select
    coupon.id as coupon_id,
    coupon.code,
    case when coupon.id is not null then jsonb_build_object(
        'coupon_type', coupon.coupon_type,
        'discount_type', coupon.discount_type,
        'discount_value', cast(trim_scale(coupon.discount_value) as text),
        'max_uses', counter.max_uses,
        'max_uses_per_user', coupon.max_uses_per_user,
        'min_purchase_amount', cast(coupon.min_purchase_amount as text),
        'tier_eligibility', coupon.tier_eligibility,
        'billing_cycles', coupon.billing_cycles,
        'valid_from', coupon.valid_from,
        'valid_until', coupon.valid_until,
        'credits_live_days', coupon.credits_live_days,
        'campaign_id', coupon.campaign_id,
        'description', coupon.description,
        'is_active', coupon.is_active,
        'rules', coalesce(rule.rules, cast('{}' as jsonb))
    ) end as terms,
    counter.total_uses,
    coalesce(held.uses, 0) as uses_by_customer,
    case when campaign.id is not null then jsonb_build_object(
        'is_active', campaign.is_active,
        'start_date', campaign.start_date,
        'end_date', campaign.end_date,
        'budget_limit_usd', cast(campaign.budget_limit_usd as text),
        'total_spent_usd', cast(campaign.total_spent_usd as text),
        'target_tier', campaign.target_tier
    ) end as campaign,
    tier_at(users.id, cast(:now as timestamptz)) as tier,
    plan.billing_cycle,
    plan.id as subscription_id,
    coalesce(plan.month_usd, 0) as month_usd,
    coalesce(plan.base_price_usd, 0) as cycle_usd,
    policy.unit_usd,
    users.email,
    coalesce(balance.amount, 0) as balance,
    exists (select from user_credit_source as source where source.user_id = users.id and source.paid_usd > 0) as has_ever_paid,
    (
        select max(entry.created_at)
        from credit_deduction_ledger as entry
        where entry.user_id = users.id
            and entry.reason = 'clawback'
            and not exists (
                select from coupon_redemption as own where own.user_id = entry.user_id and own.clawback_seq = entry.seq
            )
    ) as last_refund_at,
    plan.stripe_customer_id is not null as has_payment_method,
    (
        select count(*)
        from coupon_fraud_detection as flag
        where flag.user_id = users.id and flag.severity = 'critical' and flag.reviewed_at is null
    ) as critical_flags,
    (
        select count(*)
        from coupon_attempt as attempt
        where attempt.user_id = users.id
            and attempt.attempted_at > cast(:now as timestamptz) - interval '1 hour'
            and attempt.attempted_at <= cast(:now as timestamptz)
    ) as attempts_last_hour,
    (
        select count(distinct device.user_id) + cast(cast(:fingerprint as bytea) is not null as integer)
        from coupon_device as device
        where device.fingerprint = cast(:fingerprint as bytea) and device.user_id <> users.id
    ) as customers_on_device
from users
left join coupon on coupon.code = cast(:code as text) and coupon.deleted_at is null
left join coupon_usage_limit as counter on counter.coupon_id = coupon.id
left join coupon_campaign as campaign on campaign.id = coupon.campaign_id
left join coupon_customer_use as held on held.user_id = users.id and held.coupon_id = coupon.id
left join user_credit_balance as balance on balance.user_id = users.id
left join lateral (
    select jsonb_object_agg(rule_type, rule_value) as rules
    from coupon_validation_rule
    where coupon_id = coupon.id
) as rule on true
left join lateral (
    select
        subscription.id,
        subscription.billing_cycle,
        subscription.base_price_usd,
        subscription.stripe_customer_id,
        subscription.base_price_usd / case subscription.billing_cycle when 'annual' then 12 else 1 end as month_usd
    from subscription_monetization as subscription
    where subscription.user_id = users.id
        and subscription.started_at <= cast(:now as timestamptz)
        and (subscription.ended_at is null or subscription.ended_at > cast(:now as timestamptz))
    order by subscription.started_at desc, subscription.id
    limit 1
) as plan on true
left join lateral (
    select unit_usd from credit_policy where effective_from <= cast(:now as timestamptz) order by effective_from desc limit 1
) as policy on true
where users.id = cast(:user_id as uuid);
