-- The rule the database applies to one tier, provider, model and instant, in the order in which it charges.
select
    config.id,
    scope.scope_type,
    config.margin_multiplier as multiplier
from pricing_scope as scope
join pricing_configs as config
    on config.scope_id = scope.id
    and config.approval_status = 'approved'
    and config.effective_from <= cast(:at as timestamptz)
    and (config.effective_until is null or config.effective_until > cast(:at as timestamptz))
where (scope.subscription_tier is null or scope.subscription_tier = cast(:tier as text))
    and (scope.provider_id is null or scope.provider_id = cast(:provider_id as uuid))
    and (scope.model_id is null or scope.model_id = cast(:model as text))
order by scope.rank, scope.model_id nulls last, scope.provider_id nulls last
limit 1;
