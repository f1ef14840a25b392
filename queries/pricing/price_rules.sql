-- Every multiplier that was ever approved, with its dates: what a request may find.
select
    config.id,
    config.number,
    config.version,
    scope.scope_type,
    scope.subscription_tier as tier,
    tier.display_name as tier_title,
    scope.provider_id,
    providers.name as provider,
    providers.display_name as provider_title,
    scope.model_id as model,
    config.margin_multiplier as multiplier,
    config.effective_from,
    config.effective_until
from pricing_configs as config
join pricing_scope as scope on scope.id = config.scope_id
left join tier on tier.name = scope.subscription_tier
left join providers on providers.id = scope.provider_id
where config.approval_status = 'approved'
order by config.effective_from, config.number;
