-- Every multiplier that was ever approved, with its scope and dates: late usage finds superseded ones too.
select
    config.id,
    config.scope_id,
    scope.scope_type,
    scope.subscription_tier as tier,
    tier.display_name as tier_title,
    scope.provider_id,
    providers.name as provider,
    providers.display_name as provider_title,
    scope.model_id as model,
    config.margin_multiplier as multiplier,
    config.target_gross_margin_percent as target_percent,
    config.effective_from,
    config.effective_until
from pricing_configs as config
join pricing_scope as scope on scope.id = config.scope_id
left join tier on tier.name = scope.subscription_tier
left join providers on providers.id = scope.provider_id
where config.approval_status = 'approved'
order by scope.rank, tier.position, providers.display_name, scope.model_id, scope.id, config.effective_from;
