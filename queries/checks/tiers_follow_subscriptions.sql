-- The tier history of a customer whose plan is billed here is what that plan says: its tier while it runs, and not
-- its tier any more once it has ended.
with

latest as (
    select distinct on (user_id) user_id, subscription_id, tier, reason
    from subscription_tier_change
    order by user_id, effective_at desc
)

select
    'subscription ' || plan.id as object,
    format('it is %s on %s, the history ends with %s (%s)', plan.status, plan.tier, latest.tier, latest.reason) as detail
from subscription_monetization as plan
left join latest on latest.user_id = plan.user_id
where plan.is_billed_here
    and case when plan.ended_at is null
        then (latest.subscription_id, latest.tier) is distinct from (plan.id, plan.tier)
        else latest.subscription_id = plan.id and latest.reason <> 'end'
    end;
