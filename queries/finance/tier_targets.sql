-- The tiers in their order, with the multiplier that held at one instant.
select
    tier.name,
    tier.display_name,
    config.margin_multiplier as multiplier
from tier
left join pricing_scope as scope
    on scope.scope_type = 'tier' and scope.subscription_tier = tier.name
left join pricing_configs as config
    on config.scope_id = scope.id
    and config.approval_status = 'approved'
    and config.effective_from <= cast(:instant as timestamptz)
    and (config.effective_until is null or config.effective_until > cast(:instant as timestamptz))
order by tier.position;
