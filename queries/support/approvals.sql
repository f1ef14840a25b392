-- What was ever asked of a second person, as the inbox lists it at one instant: one page of it, from a
-- place in its order on. What nobody decided in time has expired, whether that was written down yet or not.
with

asked as (
    select
        decision_asked.object_kind,
        decision_asked.object_id,
        decision_asked.subject,
        decision_asked.code,
        decision_asked.tier_title,
        decision_asked.provider_title,
        decision_asked.model,
        decision_asked.multiplier,
        decision_asked.asked_by,
        decision_asked.persons,
        decision_asked.asked_at,
        decision_asked.decide_by,
        case
            when decision_asked.state = 'pending' and decision_asked.decide_by <= cast(:now as timestamptz) then 'expired'
            else decision_asked.state
        end as state,
        request.payload,
        cast(request.payload ->> 'credits' as numeric) as credits,
        cast(request.payload ->> 'user_id' as uuid) as customer_id,
        request.requested_by,
        request.decided_by,
        coalesce(request.decided_at, config.decided_at, config.approved_at) as decided_at,
        coalesce(request.decision_reason, config.decision_reason) as decision_reason
    from decision_asked
    left join approval_request as request
        on decision_asked.object_kind = 'approval_request' and request.id = decision_asked.object_id
    left join pricing_configs as config
        on decision_asked.object_kind = 'pricing_config' and config.id = decision_asked.object_id
    where cast(:id as uuid) is null or decision_asked.object_id = cast(:id as uuid)
),

sorted as (
    select
        asked.*,
        asked.state = 'pending'
            and not coalesce(cast(:person_id as uuid) = any(asked.persons), false)
            and asked.subject <> all(cast(:not_theirs as text[])) as is_for_me,
        coalesce(
            case cast(:sort as text)
                when 'expires' then extract(epoch from asked.decide_by)
                when 'credits' then asked.credits
                when 'decided' then extract(epoch from asked.decided_at)
                else extract(epoch from asked.asked_at)
            end,
            -1e15
        ) as sort_value
    from asked
    where asked.subject <> all(cast(:unseen as text[]))
),

-- Found first, so that names are looked up for one page only.
page as (
    select sorted.*
    from sorted
    where (not cast(:for_me as boolean) or sorted.is_for_me)
        and (cast(:states as text[]) is null or sorted.state = any(cast(:states as text[])))
        and (cast(:subject as text) is null or sorted.subject = cast(:subject as text))
        and (cast(:asked_by as uuid) is null or cast(:asked_by as uuid) = any(sorted.persons))
        and (cast(:customer_id as uuid) is null or sorted.customer_id = cast(:customer_id as uuid))
        and (
            cast(:after_id as uuid) is null
            or case when cast(:ascending as boolean)
                then (sorted.sort_value, sorted.object_id) > (cast(:after_value as numeric), cast(:after_id as uuid))
                else (sorted.sort_value, sorted.object_id) < (cast(:after_value as numeric), cast(:after_id as uuid))
            end
        )
    order by
        case when cast(:ascending as boolean) then sorted.sort_value end,
        case when not cast(:ascending as boolean) then sorted.sort_value end desc,
        case when cast(:ascending as boolean) then sorted.object_id end,
        sorted.object_id desc
    limit cast(:most as integer)
)

select
    page.object_kind,
    page.object_id,
    page.subject,
    page.code,
    page.tier_title,
    page.provider_title,
    page.model,
    page.multiplier,
    page.payload,
    page.credits,
    customer.id as customer_id,
    customer.name as customer_name,
    customer.email as customer_email,
    page.asked_by,
    asker.role as asked_role,
    page.persons,
    page.asked_at,
    page.decide_by,
    page.state,
    coalesce(decider.name, told.actor_name) as decided_by,
    page.decided_at,
    page.decision_reason,
    filed.reason as why,
    page.is_for_me,
    page.sort_value
from page
left join users as customer on customer.id = page.customer_id
left join operator as asker on asker.id = page.requested_by
left join operator as decider on decider.id = page.decided_by
left join lateral (
    select event.actor_name
    from pricing_config_event as event
    where page.object_kind = 'pricing_config'
        and event.config_id = page.object_id
        and event.kind in ('approved', 'rejected', 'withdrawn')
    order by event.id desc
    limit 1
) as told on true
-- Why it needs a second person was said when it was filed.
left join lateral (
    select audit_log.reason
    from audit_log
    where audit_log.object_kind = 'approval_request'
        and audit_log.object_id = cast(page.object_id as text)
        and audit_log.verb = 'request_approval'
    order by audit_log.id
    limit 1
) as filed on true
order by
    case when cast(:ascending as boolean) then page.sort_value end,
    case when not cast(:ascending as boolean) then page.sort_value end desc,
    case when cast(:ascending as boolean) then page.object_id end,
    page.object_id desc;
