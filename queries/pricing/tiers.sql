-- Every tier with the version in force and the next one, who has it, what it cost in the days asked for,
-- and the lowest multiplier that may hold for it now.
with

held as (
    select distinct on (tier) *
    from tier_version
    where effective_from <= cast(:now as timestamptz)
    order by tier, effective_from desc
),

next_version as (
    select tier, min(effective_from) as starts_at
    from tier_version
    where effective_from > cast(:now as timestamptz)
    group by tier
),

policy as (
    select unit_usd, increment
    from credit_policy
    where effective_from <= cast(:now as timestamptz)
    order by effective_from desc
    limit 1
),

-- Each with the terms it runs on: a new version leaves those who are there as they are. By the year, because a
-- twelfth of an annual price has no end; who paid once for good pays nothing a year.
subscribers as (
    select
        subscription.tier,
        count(*) as subscribers,
        count(*) filter (
            where subscription.monthly_credit_allocation <> held.monthly_credit_allocation
                or subscription.base_price_usd <> case subscription.billing_cycle
                    when 'annual' then held.annual_price_usd
                    else held.monthly_price_usd
                end
        ) as on_other_terms,
        sum(subscription.monthly_credit_allocation) as allowance_credits,
        sum(
            subscription.base_price_usd * case subscription.billing_cycle
                when 'monthly' then 12
                when 'annual' then 1
                else 0
            end
        ) as paid_a_year_usd
    from subscription_monetization as subscription
    join held on held.tier = subscription.tier
    where subscription.started_at <= cast(:now as timestamptz)
        and (subscription.ended_at is null or subscription.ended_at > cast(:now as timestamptz))
    group by subscription.tier
),

used as (
    select
        tier,
        sum(vendor_cost_usd) as vendor_cost_usd,
        sum(credits_due) as credits_due,
        sum(credits_deducted) as credits_deducted
    from usage_daily
    where day >= cast(:start as date) and day < cast(:end as date)
    group by tier
),

rules as (
    select scope.subscription_tier, scope.scope_type, config.margin_multiplier
    from pricing_configs as config
    join pricing_scope as scope on scope.id = config.scope_id
    where config.approval_status = 'approved'
        and config.effective_from <= cast(:now as timestamptz)
        and (config.effective_until is null or config.effective_until > cast(:now as timestamptz))
),

-- A rule without a tier may hold for each of them.
lowest as (
    select distinct on (tier.name) tier.name, rules.scope_type, rules.margin_multiplier
    from tier
    join rules on rules.subscription_tier is null or rules.subscription_tier = tier.name
    order by tier.name, rules.margin_multiplier, rules.scope_type
)

select
    tier.name as tier,
    tier.display_name,
    tier.is_sold,
    tier.is_active,
    held.effective_from,
    held.monthly_price_usd,
    held.annual_price_usd,
    held.monthly_credit_allocation,
    held.max_credit_rollover,
    held.floor_multiplier,
    held.trial_days,
    next_version.starts_at as next_starts_at,
    coalesce(subscribers.subscribers, 0) as subscribers,
    coalesce(subscribers.on_other_terms, 0) as on_other_terms,
    coalesce(subscribers.allowance_credits, 0) as allowance_credits,
    coalesce(subscribers.paid_a_year_usd, 0) as paid_a_year_usd,
    coalesce(used.vendor_cost_usd, 0) as vendor_cost_usd,
    coalesce(used.credits_due, 0) as credits_due,
    coalesce(used.credits_deducted, 0) as credits_deducted,
    lowest.margin_multiplier as lowest_multiplier,
    lowest.scope_type as lowest_scope,
    policy.unit_usd
from tier
join held on held.tier = tier.name
cross join policy
left join next_version on next_version.tier = tier.name
left join subscribers on subscribers.tier = tier.name
left join used on used.tier = tier.name
left join lowest on lowest.name = tier.name
order by tier.position;
