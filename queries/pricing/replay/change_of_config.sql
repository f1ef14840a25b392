-- What one version of a price would change, by names.
select
    scope.scope_type,
    config.margin_multiplier as multiplier,
    scope.subscription_tier as tier,
    providers.name as provider,
    scope.model_id as model
from pricing_configs as config
join pricing_scope as scope on scope.id = config.scope_id
left join providers on providers.id = scope.provider_id
where config.id = cast(:config_id as uuid);
