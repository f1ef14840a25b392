-- The approved prices that hold at an instant or later.
select
    config.id, scope.scope_type, scope.subscription_tier as tier, provider.name as provider, scope.model_id as model,
    config.margin_multiplier as multiplier,
    config.effective_from, config.effective_until
from pricing_configs as config
join pricing_scope as scope on scope.id = config.scope_id
left join providers as provider on provider.id = scope.provider_id
where config.approval_status = 'approved'
    and (config.effective_until is null or config.effective_until >= cast(:now as timestamptz))
order by config.effective_from, config.id;
