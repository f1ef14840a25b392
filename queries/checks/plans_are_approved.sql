-- Every change of a plan or of the credit policy says just what another person approved.
with

changed as (
    select
        'tier ' || tier || ' from ' || effective_from as object,
        approval_id,
        'add_tier_version' as kind,
        effective_from,
        jsonb_build_array(
            tier, monthly_price_usd, annual_price_usd, monthly_credit_allocation, max_credit_rollover,
            floor_multiplier, trial_days
        ) as says
    from tier_version as version
    -- What was there from the start needed nobody.
    where approval_id is not null
        or exists (
            select from tier_version as earlier
            where earlier.tier = version.tier and earlier.effective_from < version.effective_from
        )
    union all
    select
        'credit policy from ' || effective_from,
        approval_id,
        'add_credit_policy',
        effective_from,
        jsonb_build_array(unit_usd, increment)
    from credit_policy
    where approval_id is not null
    union all
    select
        'tier ' || tier || ' as changed at ' || changed_at,
        approval_id,
        'change_tier',
        changed_at,
        jsonb_build_array(tier, is_sold, is_active)
    from tier_change
),

approved as (
    select
        id,
        kind,
        case kind
            when 'add_tier_version' then jsonb_build_array(
                payload -> 'tier', (payload ->> 'monthly_price_usd')::numeric, (payload ->> 'annual_price_usd')::numeric,
                (payload ->> 'monthly_credit_allocation')::numeric, (payload ->> 'max_credit_rollover')::numeric,
                (payload ->> 'floor_multiplier')::numeric, (payload ->> 'trial_days')::numeric
            )
            when 'add_credit_policy' then jsonb_build_array(
                (payload ->> 'unit_usd')::numeric, (payload ->> 'increment')::numeric
            )
            else jsonb_build_array(payload -> 'tier', payload -> 'is_sold', payload -> 'is_active')
        end as says
    from approval_request
    where state = 'approved'
        and decided_person_id is not null
        and decided_person_id is distinct from requested_person_id
)

select
    changed.object,
    case
        when changed.approval_id is null then 'nobody approved it'
        when approved.id is null then format('approval %s is not one by another person', changed.approval_id)
        else format('approval %s said %s, this says %s', changed.approval_id, approved.says, changed.says)
    end as detail
from changed
left join approved on approved.id = changed.approval_id and approved.kind = changed.kind
where approved.id is null
    or approved.says <> changed.says
