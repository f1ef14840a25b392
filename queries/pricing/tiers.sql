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

subscribers as (
    select
        tier,
        count(*) as subscribers,
        sum(monthly_credit_allocation) as allowance_credits
    from subscription_monetization
    where started_at <= cast(:now as timestamptz)
        and (ended_at is null or ended_at > cast(:now as timestamptz))
    group by tier
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
    coalesce(subscribers.allowance_credits, 0) as allowance_credits,
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
