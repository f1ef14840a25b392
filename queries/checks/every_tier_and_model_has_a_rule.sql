-- Every active tier finds a multiplier of its own for every available model, not the default: now, and at
-- every moment to come at which a price ends.
with

approved as (
    select
        scope.subscription_tier,
        scope.provider_id,
        scope.model_id,
        config.effective_from,
        coalesce(config.effective_until, 'infinity') as effective_until
    from pricing_scope as scope
    join pricing_configs as config on config.scope_id = scope.id
    where config.approval_status = 'approved'
        and (config.effective_until is null or config.effective_until > now())
),

moments as (
    select now() as moment
    union
    select effective_until
    from approved
    where effective_until < 'infinity'
),

rules as (
    select moments.moment, approved.subscription_tier, approved.provider_id, approved.model_id
    from moments
    join approved on approved.effective_from <= moments.moment and approved.effective_until > moments.moment
),

-- Where a whole tier has a rule, its models need not be asked one by one.
uncovered_tiers as (
    select moments.moment, tier.name
    from moments
    cross join tier
    where tier.is_active
        and not exists (
            select
            from rules
            where rules.moment = moments.moment
                and rules.subscription_tier = tier.name
                and rules.provider_id is null
                and rules.model_id is null
        )
)

select
    format('tier %s', uncovered_tiers.name) as object,
    format(
        '%s of %s falls to the default multiplier %s',
        model.id,
        provider.name,
        case
            when uncovered_tiers.moment = now() then 'now'
            else to_char(uncovered_tiers.moment at time zone 'UTC', '"on" YYYY-MM-DD HH24:MI')
        end
    ) as detail
from uncovered_tiers
cross join models as model
join providers as provider on provider.id = model.provider_id
where model.is_available
    and not exists (
        select
        from rules
        where rules.moment = uncovered_tiers.moment
            and (rules.subscription_tier is null or rules.subscription_tier = uncovered_tiers.name)
            and (rules.provider_id is null or rules.provider_id = model.provider_id)
            and (rules.model_id is null or rules.model_id = model.id)
    );
