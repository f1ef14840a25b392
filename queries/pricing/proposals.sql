-- Proposals as the list shows them at one instant: one page of them, from a place in their order on.
-- What is scheduled, active or superseded follows from the dates; nobody stores it.
with

described as (
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
        config.effective_from,
        config.effective_until,
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
        author.person_id as author_person_id,
        author.name as author,
        config.decide_by,
        greatest(config.created_at, config.submitted_at, config.decided_at, config.approved_at) as changed_at,
        exists (
            select
            from pricing_config_participant as writer
            where writer.config_id = config.id and writer.person_id = cast(:person_id as uuid)
        ) as is_own,
        config.number * 1000 + config.version as place
    from pricing_configs as config
    join pricing_scope as scope on scope.id = config.scope_id
    left join tier on tier.name = scope.subscription_tier
    left join providers on providers.id = scope.provider_id
    left join lateral (
        select participant.person_id, operator.name
        from pricing_config_participant as participant
        left join operator on operator.person_id = participant.person_id
        where participant.config_id = config.id and participant.role = 'author'
        order by operator.created_at
        limit 1
    ) as author on true
    -- Once approved, a price knows what it followed; before, it is what would be followed now.
    left join pricing_configs as standing
        on config.approval_status in ('draft', 'pending')
        and standing.scope_id = config.scope_id
        and standing.id <> config.id
        and standing.approval_status = 'approved'
        and standing.effective_from <= greatest(config.effective_from, :now)
        and (standing.effective_until is null or standing.effective_until > greatest(config.effective_from, :now))
    -- An earlier version is history: the page of the latest links to it.
    where not exists (
        select
        from pricing_configs as newer
        where newer.number = config.number and newer.version > config.version
    )
),

sorted as (
    select
        described.*,
        coalesce(
            case cast(:sort as text)
                when 'start' then extract(epoch from effective_from)
                when 'multiplier' then multiplier
                when 'change' then (multiplier - previous_multiplier) / previous_multiplier
                else extract(epoch from changed_at)
            end,
            -1000
        ) as sort_value
    from described
)

select
    id,
    number,
    version,
    scope_type,
    tier,
    tier_title,
    provider,
    provider_title,
    model,
    multiplier,
    previous_multiplier,
    effective_from,
    effective_until,
    state,
    is_urgent,
    reason,
    reason_details,
    is_seed,
    author,
    decide_by,
    changed_at,
    is_own,
    sort_value,
    place
from sorted
where (cast(:states as text[]) is null or state = any(cast(:states as text[])))
    and (not cast(:for_me as boolean) or not is_own)
    and (cast(:scope as text) is null or scope_type = :scope)
    and (cast(:author as uuid) is null or author_person_id = :author)
    and (
        cast(:words as text) is null
        or position(
            lower(:words) in lower(concat_ws(
                ' ', 'PC-' || lpad(number::text, 4, '0'), tier_title, provider_title, model, reason_details, author
            ))
        ) > 0
    )
    and (
        cast(:after_place as bigint) is null
        or case when cast(:ascending as boolean)
            then (sort_value, place) > (cast(:after_value as numeric), cast(:after_place as bigint))
            else (sort_value, place) < (cast(:after_value as numeric), cast(:after_place as bigint))
        end
    )
order by
    case when cast(:ascending as boolean) then sort_value end,
    case when not cast(:ascending as boolean) then sort_value end desc,
    case when cast(:ascending as boolean) then place end,
    place desc
limit cast(:most as integer);
