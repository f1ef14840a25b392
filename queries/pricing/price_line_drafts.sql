-- The proposals that answer one difference of a vendor's price, each in its latest version.
select distinct on (config.number)
    config.id,
    config.number,
    config.approval_status as state,
    config.margin_multiplier as multiplier,
    tier.display_name as tier_title,
    config.source ->> 'variant' as variant
from pricing_configs as config
join pricing_scope as scope on scope.id = config.scope_id
left join tier on tier.name = scope.subscription_tier
where config.source ->> 'line' = cast(:line_id as text)
order by config.number, config.version desc;
