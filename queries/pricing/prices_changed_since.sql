-- Prices approved since a moment, of other scopes, that may decide what a draft or waiting proposal speaks of; its own
-- scope is left out, because what it follows is part of what an approver has seen.
select
    other.number,
    tier.display_name as tier_title,
    providers.display_name as provider_title,
    scope.model_id as model,
    other.margin_multiplier as multiplier,
    other.approved_at
from pricing_configs as asked
join pricing_scope as asked_scope on asked_scope.id = asked.scope_id
join pricing_configs as other
    on other.scope_id <> asked.scope_id
    and other.approval_status = 'approved'
    and other.approved_at > cast(:since as timestamptz)
join pricing_scope as scope
    on scope.id = other.scope_id
    and coalesce(scope.subscription_tier = asked_scope.subscription_tier, true)
    and coalesce(scope.provider_id = asked_scope.provider_id, true)
    and coalesce(scope.model_id = asked_scope.model_id, true)
left join providers on providers.id = scope.provider_id
left join tier on tier.name = scope.subscription_tier
where asked.id = cast(:config_id as uuid)
    and asked.approval_status in ('draft', 'pending')
order by other.approved_at desc, other.number
limit 5;
