-- One version of one proposal, all there is to know of it, at one instant.
select
    config.id,
    config.number,
    config.version,
    scope.scope_type,
    scope.subscription_tier as tier,
    tier.display_name as tier_title,
    providers.name as provider,
    providers.display_name as provider_title,
    scope.model_id as model,
    config.margin_multiplier as multiplier,
    coalesce(config.previous_multiplier, standing.margin_multiplier) as previous_multiplier,
    config.target_gross_margin_percent as target_margin_percent,
    config.effective_from,
    config.effective_until,
    config.approval_status as status,
    case
        when config.approval_status = 'pending' and config.decide_by <= :now then 'expired'
        when config.approval_status <> 'approved' then config.approval_status
        when config.effective_from > :now then 'scheduled'
        when config.effective_until <= :now then 'superseded'
        else 'active'
    end as state,
    config.is_urgent,
    config.reason,
    config.reason_details,
    config.approved_via is not distinct from 'seed' as is_seed,
    config.acknowledges,
    config.created_at,
    config.submitted_at,
    config.decide_by,
    config.decided_at,
    config.decision_reason,
    config.approved_at,
    config.approved_sha256,
    config.source,
    config.predecessor_id,
    config.rolls_back_id,
    standing.id as follows_id,
    standing.number as follows_number,
    standing.version as follows_version,
    standing.margin_multiplier as follows_multiplier,
    following.id as followed_by_id,
    following.number as followed_by_number,
    following.version as followed_by_version,
    price_seen_sha256(config.id) as seen_sha256
from pricing_configs as config
join pricing_scope as scope on scope.id = config.scope_id
left join tier on tier.name = scope.subscription_tier
left join providers on providers.id = scope.provider_id
left join lateral (
    select other.id, other.number, other.version, other.margin_multiplier
    from pricing_configs as other
    where other.scope_id = config.scope_id
        and other.id <> config.id
        and other.approval_status = 'approved'
        and case when config.approval_status = 'approved'
            then other.id = config.closes_id
            else other.effective_from <= greatest(config.effective_from, :now)
                and (other.effective_until is null or other.effective_until > greatest(config.effective_from, :now))
        end
) as standing on true
left join pricing_configs as following
    on following.closes_id = config.id and following.approval_status = 'approved'
where config.id = :config_id;
