-- The rule that wins for one model on every active tier, in the order in which the database charges;
-- the default where no rule speaks of it.
select
    tier.name as tier,
    tier.display_name,
    coalesce(rule.scope_type, 'default') as scope,
    coalesce(rule.margin_multiplier, 1.5) as multiplier
from tier
join providers on providers.name = cast(:provider as text)
left join lateral (
    select scope.scope_type, config.margin_multiplier
    from pricing_scope as scope
    join pricing_configs as config
        on config.scope_id = scope.id
        and config.approval_status = 'approved'
        and config.effective_from <= cast(:at as timestamptz)
        and (config.effective_until is null or config.effective_until > cast(:at as timestamptz))
    where (scope.subscription_tier is null or scope.subscription_tier = tier.name)
        and (scope.provider_id is null or scope.provider_id = providers.id)
        and (scope.model_id is null or scope.model_id = cast(:model as text))
    order by scope.rank, scope.model_id nulls last, scope.provider_id nulls last
    limit 1
) as rule on true
where tier.is_active
order by tier.position;
