-- Every active tier finds a multiplier of its own for every available model, not the default.
with

rules as (
    select scope.subscription_tier, scope.provider_id, scope.model_id
    from pricing_scope as scope
    join pricing_configs as config on config.scope_id = scope.id
    where config.approval_status = 'approved'
        and config.effective_from <= now()
        and (config.effective_until is null or config.effective_until > now())
),

-- Where a whole tier has a rule, its models need not be asked one by one.
uncovered_tiers as (
    select name
    from tier
    where is_active
        and not exists (
            select
            from rules
            where rules.subscription_tier = tier.name and rules.provider_id is null and rules.model_id is null
        )
)

select
    format('tier %s', uncovered_tiers.name) as object,
    format('%s of %s falls to the default multiplier', model.id, provider.name) as detail
from uncovered_tiers
cross join models as model
join providers as provider on provider.id = model.provider_id
where model.is_available
    and not exists (
        select
        from rules
        where (rules.subscription_tier is null or rules.subscription_tier = uncovered_tiers.name)
            and (rules.provider_id is null or rules.provider_id = model.provider_id)
            and (rules.model_id is null or rules.model_id = model.id)
    );
