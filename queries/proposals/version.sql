-- One version as those who act on it need it: its terms, where it stands and who wrote it.
select
    config.id, config.number, config.version, config.approval_status as state, scope.scope_type,
    scope.subscription_tier as tier, provider.name as provider, scope.model_id as model,
    config.margin_multiplier as multiplier, config.previous_multiplier,
    config.target_gross_margin_percent as target_margin_percent, config.effective_from, config.effective_until, config.reason,
    config.reason_details, config.is_urgent, config.acknowledges, config.source,
    array(
        select person_id
        from pricing_config_participant
        where config_id = config.id and role in ('author', 'editor')
    ) as writers
from pricing_configs as config
join pricing_scope as scope on scope.id = config.scope_id
left join providers as provider on provider.id = scope.provider_id
where config.id = cast(:config_id as uuid);
