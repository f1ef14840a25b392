-- The tier of a customer at an instant, the multiplier approved for it, and what a credit is worth.
select
    customer.tier,
    coalesce(rule.margin_multiplier, 1.5) as multiplier,
    policy.unit_usd
from (select tier_at(cast(:user_id as uuid), cast(:now as timestamptz)) as tier) as customer
cross join lateral (
    select unit_usd
    from credit_policy
    where effective_from <= cast(:now as timestamptz)
    order by effective_from desc
    limit 1
) as policy
left join lateral (
    select config.margin_multiplier
    from pricing_configs as config
    join pricing_scope as scope on scope.id = config.scope_id
    where scope.subscription_tier = customer.tier
        and scope.provider_id is null
        and scope.model_id is null
        and config.approval_status = 'approved'
        and config.effective_from <= cast(:now as timestamptz)
        and (config.effective_until is null or config.effective_until > cast(:now as timestamptz))
    limit 1
) as rule on true;
