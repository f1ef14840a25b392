-- Every version, or one: its scope, what it says and where it stands; the newest first.
select
    config.id, config.number, config.version, config.approval_status as state, scope.scope_type,
    scope.subscription_tier as tier, provider.name as provider, scope.model_id as model,
    config.margin_multiplier as multiplier, config.effective_from, config.effective_until, config.reason,
    config.reason_details
from pricing_configs as config
join pricing_scope as scope on scope.id = config.scope_id
left join providers as provider on provider.id = scope.provider_id
where cast(:config_id as uuid) is null or config.id = cast(:config_id as uuid)
order by config.number desc, config.version desc;
